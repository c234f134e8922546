import { type AuthorizationServer, readClaim, type Vocabulary } from '../../authorization-servers/index.js';
import { isAcrValue, type UnmetReason } from '../../core/index.js';
import { BoundedMap } from '../../token/index.js';
import { type AdviceCode, RESOLVED_SERVERS, subjectOf } from '../advice/advice.js';
import type { StepUpLog } from '../advice/log.js';
import type { UnmetRequirements } from './unmet-requirements.js';

/** Characters. A longer value is not shown: an acr is short, and another value can be anything. */
const MAX_ACR_LENGTH = 100;

/** Servers with equal words share one vocabulary. */
const MAX_VOCABULARIES = 100;

const KINDS = { string: 'a string', list: 'a list of strings', number: 'a number' };

const OR_INTROSPECTION = 'or let "introspection.when" be \'event-missing\' if the server tells it there';

/** The texts come from a function, because most causes are known already. */
type Cause = readonly [code: AdviceCode, describe: () => { readonly message: string; readonly fix: string }];

/**
 * Gives advice on an authentication that is not sufficient, if the cause recurs for every token of its authorization
 * server. Composes no text for advice that was given already.
 */
export class ChallengeAdvice {
  readonly #knownStrings = new BoundedMap<Vocabulary, ReadonlySet<string>>(MAX_VOCABULARIES);
  readonly #causes: Readonly<Record<UnmetReason, (unmet: UnmetRequirements) => Cause | undefined>> = {
    acr_missing: (unmet) => this.#missingAcr(unmet),
    acr_unmet: (unmet) => this.#unknownAcr(unmet),
    auth_time_missing: ({ requirements: { maxAge } }) => [
      'auth_time_missing',
      () => ({
        message: `tokens carry no auth_time, so maxAge ${maxAge} can never be met`,
        fix: `have it put into access tokens, ${OR_INTROSPECTION}`,
      }),
    ],
    auth_time_invalid: () => [
      'auth_time_invalid',
      () => ({
        message: 'auth_time is not a number of seconds; it looks like milliseconds or text',
        fix: 'have it issued in seconds since the epoch',
      }),
    ],
    auth_time_in_future: () => [
      'auth_time_in_future',
      () => ({ message: 'auth_time lies in the future', fix: 'compare the clocks' }),
    ],
    authentication_too_old: () => undefined,
    scope_missing: () => undefined,
  };

  constructor(
    private readonly servers: readonly AuthorizationServer[],
    private readonly log: StepUpLog,
  ) {}

  /** Logs it, once for each configured issuer and cause. The message names a server that was resolved at run time. */
  note(unmet: UnmetRequirements): void {
    const { event, server, reasons } = unmet;
    const subject = subjectOf(event.issuer, this.servers, server);
    for (const reason of reasons) {
      const cause = this.#causes[reason](unmet);
      if (cause === undefined) continue;
      const [code, describe] = cause;
      this.log.adviseOn(code, subject, () => {
        const { message, fix } = describe();
        return { message: subject === RESOLVED_SERVERS ? `${event.issuer}: ${message}` : message, fix };
      });
    }
  }

  #missingAcr({ claims, server }: UnmetRequirements): Cause {
    const profile = server?.profile;
    const told = profile?.methods?.acr.map(([acr]) => `"${acr}"`) ?? [];
    if (profile !== undefined && told.length > 0) {
      const path = profile.claims.amr.join('.');
      return [
        'acr_missing',
        () => ({
          message: `tokens carry no methods in "${path}" that the profile can read, which would tell ${told.join(', ')}`,
          fix: 'have them put into access tokens, or say in "methods.form" of the profile how they are written',
        }),
      ];
    }
    if (readClaim(claims, profile?.claims.acr ?? ['acr']) === undefined) {
      return [
        'acr_missing',
        () => ({ message: 'tokens carry no acr', fix: `have it put into access tokens, ${OR_INTROSPECTION}` }),
      ];
    }
    const kind = KINDS[profile?.acrType ?? 'string'];
    return [
      'acr_ill_typed',
      () => ({
        message: `acr in tokens is not ${kind}, which counts as none`,
        fix: `have it issued as ${kind}, or say in "acrType" of a profile what it is`,
      }),
    ];
  }

  #stringsOf(vocabulary: Vocabulary): ReadonlySet<string> | undefined {
    const { known } = vocabulary;
    if (known === undefined) return undefined;
    const present = this.#knownStrings.get(vocabulary);
    if (present !== undefined) return present;
    const strings = new Set(vocabulary.stringsFor(known));
    this.#knownStrings.set(vocabulary, strings);
    return strings;
  }

  #unknownAcr({ event: { acr, acrs = [] }, server }: UnmetRequirements): Cause | undefined {
    // The methods of a weaker sign-in tell no string, and a server that tells none can have a constant acr.
    if ((server?.profile.methods?.acr.length ?? 0) > 0) return undefined;
    const known = server && this.#stringsOf(server.vocabulary);
    const values = acr === undefined ? acrs : [acr, ...acrs];
    if (known === undefined || values.some((value) => known.has(value))) return undefined;
    return [
      'acr_unknown',
      () => ({
        message: `tokens carry ${shown(values)} that no word in "authorizationServers[].acr" stands for`,
        fix:
          'if it stands for one of your words, add it there; if it is of a stronger sign-in, give it a word and declare ' +
          'the "order"; nothing is wrong if it is of a weaker one',
      }),
    ];
  }
}

function shown(values: readonly string[]): string {
  return values.length === 1 && values.every(isShowable) ? `the acr "${values[0]}"` : 'an acr';
}

function isShowable(acr: string): boolean {
  return isAcrValue(acr) && acr.length <= MAX_ACR_LENGTH;
}
