import type { Flow } from './flow.js';
import { demandOf, meansOf } from './words.js';

export type Party = 'bank' | 'page' | 'server';

/** The six steps of RFC 9470 §2. `page` is this server: it is where the page of the bank is in the other picture. */
export const STEPS: readonly { from: Party; to: Party; title: string; why: string }[] = [
  {
    from: 'page',
    to: 'bank',
    title: 'The server sends the request',
    why: 'It presents the access token of your session, which your browser has never seen. Whether that is good enough is for the bank to say.',
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
    title: 'The server sends you to sign in',
    why: 'acr_values and max_age of the challenge are pushed from server to server, so that your browser carries a reference alone, and nothing can be taken out.',
  },
  {
    from: 'server',
    to: 'page',
    title: 'The authorization server answers',
    why: 'It asks you for what is missing. Your browser brings back a code, and this server fetches the tokens for it; or it says why not.',
  },
  {
    from: 'page',
    to: 'bank',
    title: 'The server repeats the request',
    why: 'The same request with the new token, once you have sent it again: coming back transfers nothing.',
  },
  {
    from: 'bank',
    to: 'page',
    title: 'The bank checks again, and answers',
    why: 'It judges the new token as it judged the first: some servers take acr_values for a wish.',
  },
];

const REASONS: Readonly<Record<string, string>> = {
  acr_missing: 'the token does not say how you signed in',
  auth_time_missing: 'the token does not say when you signed in',
  authentication_too_old: 'your sign-in is too long ago',
};

/** A line on what has just happened, and why. */
export const lines = {
  'signed-out': () =>
    'Nobody is signed in, so this server has no token yet. Sign in and transfer something: the six steps below fill as they happen.',
  'signed-in': ({ before }: Flow) =>
    `This server has a token from a sign-in with ${acrMeans(before?.acr)}. That is enough to look at the accounts; whether it is enough to pay shows when you try.`,
  challenged: ({ round, before, challenge }: Flow) =>
    (round === 1
      ? `The bank refused with 401: ${reasonsOf(challenge?.reasons ?? [], before?.acr)}. `
      : `The bank accepted ${acrMeans(before?.acr)} for transfers as such, but not for this amount. `) +
    `It wants ${demandOf(challenge ?? {})}. Nothing was transferred.`,
  departed: ({ challenge }: Flow) =>
    `This server sent you to the authorization server and passed on what the bank wants: ${demandOf(challenge ?? {})}.`,
  declined: () =>
    'You declined. The bank has transferred nothing, and the old token goes on being good for what it was good for.',
  impossible: () =>
    'The authorization server answered unmet_authentication_requirements: this user has no means to sign in that way. This server stops here, since asking again could not help.',
  failed: () =>
    'The authorization server cannot be reached or did not answer as it should. The bank has transferred nothing.',
  'not-satisfied': () =>
    'The new sign-in is not what the bank asked for, so this server does not keep its token and does not repeat the request. Asking again would go in circles.',
  satisfied: ({ after }: Flow) =>
    `The authorization server issued a new token, from a sign-in with ${acrMeans(after?.acr)}. verifyStepUp found in the ID token what the bank asked for, so this server keeps it, and shows you the transfer again.`,
  performed: ({ current, steps }: Flow) =>
    current === 6 && steps[3]?.status === 'done'
      ? 'The bank judged the new token by itself, found what it had asked for, and moved the money. Six steps, one retry.'
      : 'The bank found the sign-in good enough at once and moved the money: no challenge, no step-up.',
  refused: () => 'The sign-in is good enough. The bank refuses for another reason, which no sign-in would change.',
};

function acrMeans(acr: string | undefined): string {
  return acr === undefined ? 'means that it does not name' : meansOf([acr]);
}

function reasonsOf(reasons: readonly string[], acr: string | undefined): string {
  const texts = reasons.map((reason) =>
    reason === 'acr_unmet' ? `you have signed in with ${acrMeans(acr)}` : (REASONS[reason] ?? reason),
  );
  return texts.length === 0 ? 'the sign-in is not enough' : texts.join(', and ');
}
