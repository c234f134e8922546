import { AuthorizationResponseError } from 'openid-client';
import { compareEvents, readEventClaims } from './authentication-event.js';
import type { Client, RequestedAuthentication, SignedIn } from './client.js';
import { check, Deviation } from './deviation.js';
import { TRANSFER } from './six-steps.js';
import { readStepUpChallenge } from './step-up-challenge.js';
import { heading, say } from './terminal.js';
import type { Transcript } from './transcript.js';
import { ADA, BOB } from './user.js';

/** A new token of an old session: it has just been issued, but the user authenticated long ago. */
export async function tooOld(
  client: Client,
  transcript: Transcript,
  { stepUp, ageSessions }: { stepUp: SignedIn; ageSessions: (accountId: string, seconds: number) => void },
): Promise<void> {
  heading('What can go wrong: the authentication is too old');
  say(
    'Ten minutes later. This takes too long to wait for, so the authorization server moves the sign-in of ' +
      "Ada's session ten minutes into the past. Then the client asks for a token, and her session is enough for it.",
  );
  ageSessions('ada', 600);
  transcript.isOn = false;
  const silent = await client.signIn(ADA);
  compareEvents(readEventClaims(stepUp.accessToken), readEventClaims(silent.accessToken));
  check('she was asked for nothing: this is single sign-on', silent.asked, []);

  transcript.isOn = true;
  const refused = await client.transfer(silent.accessToken, TRANSFER);
  const requested = readStepUpChallenge(refused);
  const body = (await refused.json()) as { reasons: string[] };
  check('the second factor is there, but not recent: 401', refused.status, 401);
  check('the body names the reason', body.reasons, ['authentication_too_old']);
  check('the challenge asks for both, so that the next token is not recent and weak', requested, {
    acr_values: 'urn:example:mfa phr',
    scope: 'openid bank',
    max_age: '300',
  });

  say('The same answer as before helps: back to the authorization server with both.');
  transcript.isOn = false;
  const again = await client.signIn(ADA, requested);
  check('she was asked for everything again', again.asked, ['password', 'code']);
  transcript.isOn = true;
  const accepted = await client.transfer(again.accessToken, TRANSFER);
  check('the transfer went through', accepted.status, 201);
}

/** A user who cannot do what is asked. The authorization server says so; a token of less strength would only loop. */
export async function unreachable(client: Client, transcript: Transcript): Promise<void> {
  heading('What can go wrong: the user cannot reach what is asked');
  say('Bob has a password and nothing else. He signs in and tries the same.');
  transcript.isOn = false;
  const { accessToken } = await client.signIn(BOB);
  transcript.isOn = true;
  const refused = await client.transfer(accessToken, { ...TRANSFER, from: 'bob-everyday', to: 'ada-everyday' });
  check('he is challenged like everybody', refused.status, 401);

  const error = await authorizationError(client, readStepUpChallenge(refused));
  check('the authorization server does not issue a weaker token', error.error, 'unmet_authentication_requirements');

  const accounts = await client.accounts(accessToken);
  check('what he could do before he still can, with the token he has', accounts.status, 200);
}

async function authorizationError(
  client: Client,
  requested: RequestedAuthentication = {},
): Promise<AuthorizationResponseError> {
  try {
    await client.signIn(BOB, requested);
  } catch (error) {
    if (error instanceof AuthorizationResponseError) return error;
    throw error;
  }
  throw new Deviation('the authorization server issued a token that does not meet the requirements');
}
