import type { Advice } from '../advice/advice.js';

/** A word that no authorization server is known to have, and where it is required. */
export interface UndeclaredWord {
  readonly word: string;
  readonly where: string;
  /** The closest word that a server has. */
  readonly closest: string | undefined;
}

/** Returns advice on a word that a server could still declare, as further ones are resolved at run time. */
export function adviceOnUndeclaredWord({ word, where, closest }: UndeclaredWord): Advice {
  const nearest = closest === undefined ? '' : `; the nearest known word is "${closest}"`;
  return {
    code: 'word_undeclared',
    subject: where,
    message: `no authorization server that is known so far has the word "${word}"${nearest}`,
    fix: 'correct its spelling, or declare it in "acr" of what "resolveAuthorizationServer" returns',
  };
}
