import type { Browser, FormPage } from './browser.js';

/** Somebody who signs in when asked to. */
export interface User {
  readonly name: string;
  readonly password: string;
  /** What is typed where a code is asked for. Default is the code that the demo shows. */
  readonly code?: string;
}

export const ADA: User = { name: 'ada', password: 'lovelace' };
export const BOB: User = { name: 'bob', password: 'builder' };

/** What the authorization server asked for on the way, in order. */
export type Asked = ('password' | 'code')[];

/**
 * Opens an authorization request as the user would, and fills in what is asked for.
 *
 * @returns the redirect to the client, and what was asked on the way
 * @throws Error if a page is not understood or comes back with the same question, such as for a wrong password
 */
export async function visit(browser: Browser, url: URL, user: User): Promise<{ callback: URL; asked: Asked }> {
  const asked: Asked = [];
  let at = await browser.open(url);
  while (!(at instanceof URL)) {
    const question = questionOf(at);
    if (asked.includes(question)) throw new Error(`the authorization server asked for the ${question} again`);
    asked.push(question);
    at = await browser.submit(
      at,
      question === 'password' ? { name: user.name, password: user.password } : { code: user.code ?? demoCode(at) },
    );
  }
  return { callback: at, asked };
}

/** The code that the demo shows in place of a phone. */
export function demoCode({ html }: FormPage): string {
  const code = /data-demo-code>(\d{6})</.exec(html)?.[1];
  if (code === undefined) throw new Error('the page shows no demo code: both codes of this half minute are used');
  return code;
}

function questionOf({ html, title }: FormPage): Asked[number] {
  if (html.includes('name="password"')) return 'password';
  if (html.includes('name="code"')) return 'code';
  throw new Error(`the authorization server answered with an unexpected page: ${title}`);
}
