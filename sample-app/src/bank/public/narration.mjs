// What the inspector says: the six steps of RFC 9470 §2, and a line on what has just happened and why.
import { durationOf, meansOf } from './authentication-event.mjs';

export const STEPS = [
  {
    from: 'page',
    to: 'bank',
    title: 'The page sends the request',
    why: 'It presents the access token it has. Whether that is good enough is for the bank to say, not for the page.',
  },
  {
    from: 'bank',
    to: 'page',
    title: 'The bank answers with a challenge',
    why: 'The token is valid, but the sign-in behind it is not enough for this. The challenge says what would be.',
  },
  {
    from: 'page',
    to: 'server',
    title: 'The page sends the user to sign in',
    why: 'acr_values and max_age of the challenge go into a new authorization request. Refreshing the token could not help.',
  },
  {
    from: 'server',
    to: 'page',
    title: 'The authorization server answers',
    why: 'It asks the user for what is missing, and says in new tokens how and when they signed in; or it says why not.',
  },
  {
    from: 'page',
    to: 'bank',
    title: 'The page repeats the request',
    why: 'The same request with the new token, once the user has sent it again: coming back transfers nothing.',
  },
  {
    from: 'bank',
    to: 'page',
    title: 'The bank checks again, and answers',
    why: 'It judges the new token as it judged the first: some servers take acr_values for a wish.',
  },
];

const REASONS = {
  acr_missing: () => 'the token does not say how you signed in',
  acr_unmet: ({ acr }) => `you have signed in with ${meansOf([acr])}`,
  auth_time_missing: () => 'the token does not say when you signed in',
  authentication_too_old: () => 'your sign-in is too long ago',
};

/** Where a refusal stands. */
const REFUSED = {
  http: 'with 401, and a challenge in WWW-Authenticate',
  graphql: 'in the extensions of a GraphQL error',
  socket: 'with an exception over the socket',
};

/** What a challenge asks for: `'a second factor, at most 5 minutes ago'`. */
export function demandOf({ acr_values, max_age }) {
  const means = acr_values === undefined ? 'a sign-in' : meansOf(acr_values.split(' '));
  return max_age === undefined ? means : `${means}, with a sign-in at most ${durationOf(max_age)} old`;
}

export const lines = {
  'signed-out': () =>
    'Nobody is signed in, so there is no token to look at yet. Sign in and transfer something: the six steps below fill as they happen.',
  'signed-in': ({ before }) =>
    `The page has a token from a sign-in with ${meansOf([before.acr])}. That is enough to look at the accounts; whether it is enough to pay shows when you try.`,
  requested: ({ current }) =>
    current === 5
      ? 'The page sends the transfer once more, now with the new token, because you pressed the button again.'
      : 'The page asks the bank for the transfer, with the token it has.',
  challenged: ({ round, before, challenge, way }) =>
    (round === 1
      ? `The bank refused ${REFUSED[way]}: ${challenge.reasons.map((reason) => REASONS[reason]?.(before) ?? reason).join(', and ')}. `
      : `The bank accepted ${meansOf([before.acr])} for transfers as such, but not for this amount. `) +
    `It wants ${demandOf(challenge)}. Nothing was transferred.`,
  departed: ({ challenge }) =>
    `The page sends you to the authorization server and passes on what the bank wants: ${demandOf(challenge)}.`,
  waiting: () =>
    'You came back from the authorization server without finishing. The bank has transferred nothing, and the session goes on as it was.',
  declined: () =>
    'You declined. The bank has transferred nothing, and the old token goes on being good for what it was good for.',
  impossible: () =>
    'The authorization server answered unmet_authentication_requirements: this user has no means to sign in that way. The page stops here, since asking again could not help.',
  failed: () =>
    'The authorization server cannot be reached or did not answer as it should. The bank has transferred nothing.',
  'not-satisfied': () =>
    'The new sign-in is not what the bank asked for, so the page does not keep its token and does not repeat the request. Asking again would go in circles.',
  satisfied: ({ after }) =>
    `The authorization server issued a new token, from a sign-in with ${meansOf([after.acr])}. verifyStepUp found in the ID token what the bank asked for, so the page keeps it, and shows you the transfer again.`,
  performed: ({ isSteppedUp }) =>
    isSteppedUp
      ? 'The bank judged the new token by itself, found what it had asked for, and moved the money. Six steps, one retry.'
      : 'The bank found the sign-in good enough at once and moved the money: no challenge, no step-up.',
  refused: () => 'The sign-in is good enough. The bank refuses for another reason, which no sign-in would change.',
  expired: () => 'The token has expired, which is no matter of step-up: the page gets a new one without asking you.',
};
