import { verifyStepUp } from 'nestjs-step-up/client';
import { compareEvents, readEventClaims } from './authentication-event.js';
import type { Client, SignedIn } from './client.js';
import { check, Deviation } from './deviation.js';
import { readStepUpChallenge } from './step-up-challenge.js';
import { heading, say } from './terminal.js';
import type { Transcript } from './transcript.js';
import { ADA } from './user.js';

export const TRANSFER = { from: 'ada-everyday', to: 'bob-everyday', amount: 25_00 };

/**
 * The protocol as RFC 9470 §2 draws it, with a user who can do what is asked.
 *
 * @returns the tokens of the last step
 */
export async function sixSteps(client: Client, transcript: Transcript): Promise<SignedIn> {
  heading('Before: Ada signs in with her password and looks at her accounts');
  const first = await client.signIn(ADA);
  const before = readEventClaims(first.accessToken);
  check('she was asked for her password', first.asked, ['password']);
  check('the access token says how she signed in', before.acr, 'urn:example:pwd');
  transcript.isOn = true;
  const accounts = await client.accounts(first.accessToken);
  check('that is enough to look', accounts.status, 200);
  const balance = ((await accounts.json()) as { accounts: { balance: number }[] }).accounts[0]?.balance ?? 0;

  heading('Step 1: the client requests a protected resource with its access token');
  say('Ada transfers 25.00. The client knows nothing of any requirements; it simply tries.');
  transcript.beforeResponse = () => {
    heading('Step 2: the resource server finds the authentication insufficient, and says what would do');
    say('acr_values says how, the preferred one first, max_age how recently the user has to authenticate.');
  };
  const refused = await client.transfer(first.accessToken, TRANSFER);
  const requested = readStepUpChallenge(refused);
  const body = (await refused.json()) as { reasons: string[] };
  check('the status is 401', refused.status, 401);
  check('the challenge asks for a second factor or a passkey, of the last five minutes', requested, {
    acr_values: 'urn:example:mfa phr',
    scope: 'openid bank',
    max_age: '300',
  });
  check('the body names the reason', body.reasons, ['acr_unmet']);
  check('no cache keeps it', refused.headers.get('cache-control'), 'no-store');
  if (requested === undefined) throw new Deviation('there is no challenge to answer');

  heading('Step 3: the client sends the user to the authorization server, with acr_values and max_age');
  transcript.beforePage = () => {
    heading('Step 4: the user authenticates as asked, and the client is given a new access token');
    say('Her browser is known there, so only the code is asked for.');
  };
  const second = await client.signIn(ADA, requested);
  const after = readEventClaims(second.accessToken);
  say('A look inside the access tokens, for you alone: a client must not read them.');
  compareEvents(before, after);
  check('she was asked for her code, and not for her password again', second.asked, ['code']);
  check('the new token says that there was a second factor', after.acr, 'urn:example:mfa');
  check('the new token says when', after.auth_time >= before.auth_time, true);
  say('What a client judges by is the ID token: were the wishes honoured, or taken for a hint?');
  const { outcome } = verifyStepUp(second.claims, {
    acrValues: requested['acr_values']?.split(' ') ?? [],
    maxAge: Number(requested['max_age']),
    subject: 'ada',
  });
  check('the step-up is satisfied', outcome, 'satisfied');

  heading('Step 5: the client repeats the request with the new access token');
  transcript.beforeResponse = () =>
    heading('Step 6: the resource server finds the authentication sufficient, and does what was asked');
  const accepted = await client.transfer(second.accessToken, TRANSFER);
  const receipt = (await accepted.json()) as { balance: number };
  check('the transfer went through', accepted.status, 201);
  check('and only now was money moved', receipt.balance, balance - TRANSFER.amount);
  return second;
}
