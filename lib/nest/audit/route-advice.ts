import { type AuthorizationServer, isDatable, isTellable, type Vocabulary } from '../../authorization-servers/index.js';
import type { Advice } from '../advice/advice.js';
import type { RouteDescription } from '../requirements/route-description.js';

/** Seconds. Below this, the redirect to the authorization server and back can take longer than the sign-in counts. */
const SHORT_MAX_AGE = 30;

/** Seconds. Above this, a sign-in of an earlier day counts as recent. */
const LONG_MAX_AGE = 86_400;

/** Returns advice on the requirements of a route. Needs no network. */
export function adviceOnRoute(
  { name: subject, requirements }: RouteDescription,
  servers: readonly AuthorizationServer[],
): Advice[] {
  if (requirements === undefined) return [];
  const { acrValues = [], maxAge } = requirements;
  const advice: Advice[] = [];
  if (maxAge !== undefined && maxAge < SHORT_MAX_AGE) {
    const message = `maxAge ${maxAge} may be over before the user is back`;
    advice.push({ code: 'max_age_short', subject, message, fix: `give at least ${SHORT_MAX_AGE}` });
  }
  if (maxAge !== undefined && maxAge > LONG_MAX_AGE) {
    const message = `maxAge ${maxAge} is ${(maxAge / 86_400).toFixed(1)} days`;
    const fix = `"maxAge" is in seconds: write ${Math.round(maxAge / 1000)} if these are milliseconds`;
    advice.push({ code: 'max_age_long', subject, message, fix });
  }
  if (acrValues.includes('0')) {
    const message = 'acr "0" stands for no particular authentication (OpenID Connect Core §2)';
    advice.push({ code: 'acr_zero', subject, message });
  }
  const duplicates = acrValues.length < 2 ? [] : acrValues.filter((value) => isDuplicate(value, acrValues, servers));
  if (duplicates.length > 0) {
    const message = `${duplicates.map((value) => `"${value}"`).join(', ')} in ${JSON.stringify(acrValues)} changes nothing`;
    advice.push({ code: 'acr_duplicate', subject, message, fix: 'leave it out, as a word beside it stands for it' });
  }
  for (const { issuer, vocabulary, profile } of servers) {
    if (maxAge !== undefined && profile.challenge === 'entra') {
      const message = `no challenge can ask ${issuer} for maxAge, so that it is answered 403 where nothing else is unmet`;
      const fix =
        'let the policy behind the authentication context limit the age of sign-ins, and require that context alone';
      advice.push({ code: 'max_age_unaskable', subject: `${subject} ${issuer}`, message, fix });
    }
    if (acrValues.length > 0 && !acrValues.some((value) => vocabulary.knows(value))) {
      const message = `tokens of ${issuer} are answered 403, as it knows none of the required words`;
      advice.push({ code: 'issuer_without_word', subject: `${subject} ${issuer}`, message });
    }
    advice.push(...adviceOnLacks(`${subject} ${issuer}`, requirements, { vocabulary, profile }));
  }
  return advice;
}

/** Returns advice on requirements that no token of a server can meet, because it never says what they ask for. */
function adviceOnLacks(
  subject: string,
  { acrValues = [], maxAge }: NonNullable<RouteDescription['requirements']>,
  { vocabulary, profile }: Pick<AuthorizationServer, 'vocabulary' | 'profile'>,
): Advice[] {
  const { title = 'this server', lacks } = profile;
  if (!lacks.acr && !lacks.authTime) return [];
  const strings = vocabulary.stringsFor(acrValues.filter((value) => vocabulary.knows(value)));
  const advice: Advice[] = [];
  const fix = 'require it only of tokens of another server, or correct "issues" of the profile if yours issues it';
  if (strings.length > 0 && !strings.some((value) => isTellable(value, profile))) {
    const message = `access tokens of ${title} never carry acr, and no "methods" of its profile tell it: every token is refused`;
    advice.push({ code: 'acr_never_issued', subject, message, fix });
  }
  if (maxAge !== undefined && !isDatable(strings, profile)) {
    const message = `access tokens of ${title} never carry auth_time, so that maxAge ${maxAge} can never be met`;
    advice.push({ code: 'auth_time_never_issued', subject, message, fix });
  }
  return advice;
}

/**
 * Returns whether a value is a string of an authorization server that another value of the list stands for, at the same
 * place in the order.
 */
function isDuplicate(value: string, acrValues: readonly string[], servers: readonly AuthorizationServer[]): boolean {
  const others = acrValues.filter((other) => other !== value);
  const knowing = servers.map(({ vocabulary }) => vocabulary).filter((vocabulary) => vocabulary.knows(value));
  const isString = (vocabulary: Vocabulary) => vocabulary.stringsFor([value]).join(' ') === value;
  const isIdle = (vocabulary: Vocabulary) =>
    vocabulary.stringsFor(others).join(' ') === vocabulary.stringsFor(acrValues).join(' ');
  return knowing.length > 0 && knowing.every((vocabulary) => isString(vocabulary) && isIdle(vocabulary));
}
