import type { AuthorizationServer } from '../authorization-servers/index.js';
import { isAcrValue, type UnmetReason } from '../core/index.js';
import type { Advice } from './advice.js';
import type { Shortfall } from './step-up.challenges.js';

/** Longer ones are not shown: an acr is short, and what is not may be anything. */
const LONGEST_ACR = 100;

/** Finds in an authentication that is not enough what recurs for every token of its authorization server. */
export class ShortfallAdvice {
  readonly #knownStrings = new Map<string | undefined, ReadonlySet<string>>();
  readonly #settings = new Map<string | undefined, string>();

  constructor(servers: readonly AuthorizationServer[]) {
    servers.forEach(({ issuer, vocabulary }, index) => {
      this.#settings.set(issuer, `authorizationServers[${index}].acr`);
      if (vocabulary.known !== undefined) {
        this.#knownStrings.set(issuer, new Set(vocabulary.stringsFor(vocabulary.known)));
      }
    });
  }

  for(shortfall: Shortfall): Advice[] {
    const subject = shortfall.event.issuer ?? 'request.user';
    return shortfall.reasons.flatMap((reason) => {
      const cause = reason === 'acr_unmet' ? this.#unknownAcr(shortfall) : causeOf(reason, shortfall);
      return cause === undefined ? [] : [{ code: cause[0], subject, message: cause[1], fix: cause[2] }];
    });
  }

  #unknownAcr({ event: { issuer, acr } }: Shortfall): Cause | undefined {
    const known = this.#knownStrings.get(issuer);
    if (acr === undefined || known === undefined || known.has(acr)) return undefined;
    const shown = isAcrValue(acr) && acr.length <= LONGEST_ACR ? `the acr "${acr}"` : 'an acr';
    const setting = this.#settings.get(issuer);
    return [
      'acr_unknown',
      `tokens carry ${shown}, which is no string of any word in "${setting}"`,
      'add it to the word that it is enough for, if there is one',
    ];
  }
}

type Cause = readonly [code: string, message: string, fix: string];

function causeOf(reason: UnmetReason, { claims, requirements }: Shortfall): Cause | undefined {
  switch (reason) {
    case 'acr_missing':
      return claims['acr'] === undefined
        ? ['acr_missing', 'tokens carry no acr', 'have the authorization server put it into access tokens']
        : ['acr_not_a_string', 'acr in tokens is no string, which counts as none', 'have it issued as a string'];
    case 'auth_time_missing':
      return [
        'auth_time_missing',
        `tokens carry no auth_time, so maxAge ${requirements.maxAge} can never be met`,
        'have it put into access tokens',
      ];
    case 'auth_time_invalid':
      return [
        'auth_time_invalid',
        'auth_time is no number of seconds; it looks like milliseconds or text',
        'have it issued in seconds since the epoch',
      ];
    case 'auth_time_in_future':
      return ['auth_time_in_future', 'auth_time lies in the future', 'compare the clocks'];
    default:
      return undefined;
  }
}
