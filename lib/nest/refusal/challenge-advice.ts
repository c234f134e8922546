import { type AuthorizationServer, readClaim, type Vocabulary } from '../../authorization-servers/index.js';
import { isAcrValue, type UnmetReason } from '../../core/index.js';
import { BoundedMap } from '../../token/index.js';
import { type Advice, type AdviceCode, RESOLVED_SERVERS, subjectOf } from '../advice/advice.js';
import type { UnmetRequirements } from './unmet-requirements.js';

/** Characters. A longer value is not shown: an acr is short, and another value can be anything. */
const MAX_ACR_LENGTH = 100;

/** Servers with equal words share one vocabulary. */
const MAX_VOCABULARIES = 100;

const KINDS = { string: 'a string', list: 'a list of strings', number: 'a number' };

const OR_INTROSPECTION = 'or let "introspection.when" be \'event-missing\' if the server tells it there';

type Cause = readonly [code: AdviceCode, message: string, fix: string];

/**
 * Returns advice on an authentication that is not sufficient, if the cause recurs for every token of its authorization
 * server.
 */
export class ChallengeAdvice {
  readonly #knownStrings = new BoundedMap<Vocabulary, ReadonlySet<string>>(MAX_VOCABULARIES);
  readonly #causes: Readonly<Record<UnmetReason, (unmet: UnmetRequirements) => Cause | undefined>> = {
    acr_missing: (unmet) => this.#missingAcr(unmet),
    acr_unmet: (unmet) => this.#unknownAcr(unmet),
    auth_time_missing: ({ requirements: { maxAge } }) => [
      'auth_time_missing',
      `tokens carry no auth_time, so maxAge ${maxAge} can never be met`,
      `have it put into access tokens, ${OR_INTROSPECTION}`,
    ],
    auth_time_invalid: () => [
      'auth_time_invalid',
      'auth_time is not a number of seconds; it looks like milliseconds or text',
      'have it issued in seconds since the epoch',
    ],
    auth_time_in_future: () => ['auth_time_in_future', 'auth_time lies in the future', 'compare the clocks'],
    authentication_too_old: () => undefined,
    scope_missing: () => undefined,
  };

  constructor(private readonly servers: readonly AuthorizationServer[]) {}

  for(unmet: UnmetRequirements): Advice[] {
    const subject = subjectOf(unmet.event.issuer, this.servers, unmet.server);
    const issuer = subject === RESOLVED_SERVERS ? `${unmet.event.issuer}: ` : '';
    return unmet.reasons.flatMap((reason) => {
      const cause = this.#causes[reason](unmet);
      return cause === undefined ? [] : [{ code: cause[0], subject, message: issuer + cause[1], fix: cause[2] }];
    });
  }

  #missingAcr({ claims, server }: UnmetRequirements): Cause {
    const profile = server?.profile;
    if (readClaim(claims, profile?.claims.acr ?? ['acr']) === undefined) {
      return ['acr_missing', 'tokens carry no acr', `have it put into access tokens, ${OR_INTROSPECTION}`];
    }
    const kind = KINDS[profile?.acrType ?? 'string'];
    return [
      'acr_ill_typed',
      `acr in tokens is not ${kind}, which counts as none`,
      `have it issued as ${kind}, or say in "acrType" of a profile what it is`,
    ];
  }

  #stringsOf(vocabulary: Vocabulary): ReadonlySet<string> | undefined {
    const { known } = vocabulary;
    if (known === undefined) return undefined;
    const strings = this.#knownStrings.get(vocabulary) ?? new Set(vocabulary.stringsFor(known));
    this.#knownStrings.set(vocabulary, strings);
    return strings;
  }

  #unknownAcr({ event: { acr, acrs = [] }, server }: UnmetRequirements): Cause | undefined {
    const known = server && this.#stringsOf(server.vocabulary);
    const values = acr === undefined ? acrs : [acr, ...acrs];
    if (known === undefined || values.some((value) => known.has(value))) return undefined;
    const shown = values.length === 1 && values.every(isShowable) ? `the acr "${values[0]}"` : 'an acr';
    return [
      'acr_unknown',
      `tokens carry ${shown} that no word in "authorizationServers[].acr" stands for`,
      'if it stands for one of your words, add it there; nothing is wrong if it stands for a weaker sign-in',
    ];
  }
}

function isShowable(acr: string): boolean {
  return isAcrValue(acr) && acr.length <= MAX_ACR_LENGTH;
}
