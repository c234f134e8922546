import { type Sample, startSample } from '../../sample-app/src/sample.js';
import { readEventClaims } from '../../sample-app/src/walkthrough/authentication-event.js';
import { Client, type SignedIn } from '../../sample-app/src/walkthrough/client.js';
import { readStepUpChallenge } from '../../sample-app/src/walkthrough/step-up-challenge.js';
import { ADA } from '../../sample-app/src/walkthrough/user.js';

const TRANSFER = { from: 'ada-everyday', to: 'bob-everyday', amount: 25_00 };

async function everydayBalance(client: Client, accessToken: string): Promise<number> {
  const { accounts } = (await (await client.accounts(accessToken)).json()) as { accounts: { balance: number }[] };
  return accounts[0]?.balance ?? Number.NaN;
}

describe('the six steps of RFC 9470 §2, with oidc-provider and openid-client', () => {
  let sample: Sample;
  let client: Client;
  let first: SignedIn;
  let second: SignedIn;
  let refused: Response;

  beforeAll(async () => {
    sample = await startSample();
    client = await Client.create(sample);
    first = await client.signIn(ADA);
    refused = await client.transfer(first.accessToken, TRANSFER);
    second = await client.signIn(ADA, readStepUpChallenge(refused));
  });
  afterAll(async () => sample?.close());

  it('a sign-in with a password is enough to look', async () => {
    expect(first.asked).toEqual(['password']);
    expect(readEventClaims(first.accessToken)).toMatchObject({ acr: 'urn:example:pwd', amr: ['pwd'] });
    expect((await client.accounts(first.accessToken)).status).toBe(200);
  });

  it('RS-01 RS-05 §2 steps 1 and 2: the transfer is refused with a challenge', async () => {
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer realm="bank", error="insufficient_user_authentication", ' +
        'error_description="A different authentication is required", acr_values="urn:example:mfa phr", max_age="300", ' +
        `resource_metadata="${sample.bank}/.well-known/oauth-protected-resource"`,
    );
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect(await refused.json()).toMatchObject({
      acr_values: 'urn:example:mfa phr',
      max_age: 300,
      reasons: ['acr_unmet'],
    });
  });

  it('C-01 §4: the client reads from it what the next authorization request carries', () => {
    expect(readStepUpChallenge(refused)).toEqual({
      acr_values: 'urn:example:mfa phr',
      max_age: '300',
      scope: 'openid bank',
    });
  });

  it('§2 steps 3 and 4: only what is missing is asked for, and the new token says so', () => {
    expect(second.asked).toEqual(['code']);
    const before = readEventClaims(first.accessToken);
    const after = readEventClaims(second.accessToken);
    expect(after).toMatchObject({ acr: 'urn:example:mfa', amr: ['pwd', 'otp', 'mfa'] });
    expect(after.auth_time).toBeGreaterThanOrEqual(before.auth_time);
  });

  it('C-57 §2 steps 5 and 6: the repeated request goes through, once', async () => {
    const balance = await everydayBalance(client, second.accessToken);
    const accepted = await client.transfer(second.accessToken, TRANSFER);
    expect(accepted.status).toBe(201);
    expect(await accepted.json()).toMatchObject({ ...TRANSFER, balance: balance - TRANSFER.amount });
    expect(await everydayBalance(client, second.accessToken)).toBe(balance - TRANSFER.amount);
  });

  it('RS-55 the old token is still judged on its own', async () => {
    expect((await client.transfer(first.accessToken, TRANSFER)).status).toBe(401);
    expect((await client.accounts(first.accessToken)).status).toBe(200);
  });

  it('RS-54 C-30 a refreshed token is of the same authentication, and answers no challenge', async () => {
    const accessToken = await client.refresh(first.refreshToken);
    const { acr, amr, auth_time } = readEventClaims(first.accessToken);
    expect(accessToken).not.toBe(first.accessToken);
    expect(readEventClaims(accessToken)).toMatchObject({ acr, amr, auth_time });
    expect((await client.accounts(accessToken)).status).toBe(200);
    expect((await client.transfer(accessToken, TRANSFER)).status).toBe(401);
  });

  it('RS-54 a refreshed token keeps the second factor it once had', async () => {
    const accessToken = await client.refresh(second.refreshToken);
    expect((await client.transfer(accessToken, TRANSFER)).status).toBe(201);
  });

  it('asks for more in the handler, with the recency of the route, before any money moves', async () => {
    const balance = await everydayBalance(client, second.accessToken);
    const large = await client.transfer(second.accessToken, { ...TRANSFER, amount: 1000_01 });
    expect(large.status).toBe(401);
    expect(readStepUpChallenge(large)).toEqual({ acr_values: 'phr', max_age: '300', scope: 'openid bank' });
    expect(await everydayBalance(client, second.accessToken)).toBe(balance);
  });

  it('the limit itself is not over the limit', async () => {
    expect((await client.transfer(second.accessToken, { ...TRANSFER, amount: 1000_00 })).status).toBe(201);
  });

  it('RS-67 the ID token is no access token', async () => {
    const answer = await client.accounts(second.idToken);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/error="invalid_token"/);
  });
});
