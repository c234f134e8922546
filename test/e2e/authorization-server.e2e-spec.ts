import { OneTimeCodes } from '../../sample-app/src/authorization-server/one-time-codes.js';
import { type Sample, startSample } from '../../sample-app/src/sample.js';
import { readEventClaims } from '../../sample-app/src/walkthrough/authentication-event.js';
import { Browser, type FormPage } from '../../sample-app/src/walkthrough/browser.js';
import { Client } from '../../sample-app/src/walkthrough/client.js';
import { readStepUpChallenge } from '../../sample-app/src/walkthrough/step-up-challenge.js';
import { ADA, BOB, demoCode } from '../../sample-app/src/walkthrough/user.js';

const TRANSFER = { from: 'ada-everyday', to: 'bob-everyday', amount: 25_00 };
const MFA = { acr_values: 'urn:example:mfa phr', max_age: '300' };

let sample: Sample;
let client: Client;

// a sample for each test: a one-time code counts once, and there are two in half a minute
beforeEach(async () => {
  sample = await startSample();
  client = await Client.create(sample);
});
afterEach(async () => sample?.close());

describe('what the authorization server says of itself', () => {
  it('M-01 names the acr values it can reach, and no other', async () => {
    const metadata = await (await fetch(`${sample.issuer}/.well-known/openid-configuration`)).json();
    expect(metadata).toMatchObject({
      issuer: sample.issuer,
      acr_values_supported: ['urn:example:pwd', 'urn:example:mfa', 'phr'],
      claims_parameter_supported: true,
    });
  });
});

describe('under another name for the same address', () => {
  it('it answers nothing, as neither its cookies nor its passkeys count there', async () => {
    const answer = await fetch(`${sample.issuer.replace('localhost', '127.0.0.1')}/.well-known/openid-configuration`);
    expect(answer.status).toBe(421);
    expect(await answer.text()).toContain(sample.issuer);
  });
});

describe('a user who cannot reach what is asked', () => {
  const unmet = { code: 'OAUTH_AUTHORIZATION_RESPONSE_ERROR', error: 'unmet_authentication_requirements' };

  it('C-50 gets unmet_authentication_requirements instead of a weaker token', async () => {
    const { accessToken } = await client.signIn(BOB);
    const refused = await client.transfer(accessToken, { ...TRANSFER, from: 'bob-everyday', to: 'ada-everyday' });
    await expect(client.signIn(BOB, readStepUpChallenge(refused))).rejects.toMatchObject(unmet);
  });

  it('keeps the session and the token they had', async () => {
    const { accessToken } = await client.signIn(BOB);
    await expect(client.signIn(BOB, MFA)).rejects.toMatchObject(unmet);
    expect((await client.accounts(accessToken)).status).toBe(200);
    expect((await client.signIn(BOB)).asked).toEqual([]);
  });

  it('is told so without a page, and when no user was signed in', async () => {
    await expect(client.signIn(BOB, MFA)).rejects.toMatchObject(unmet);
    await expect(client.signIn(BOB, { ...MFA, prompt: 'none' })).rejects.toMatchObject(unmet);
  });

  it.each<Record<string, string>>([
    { acr_values: 'phr' },
    { claims: '{"id_token":{"acr":{"essential":true,"value":"phr"}}}' },
  ])('C-50 is offered no passkey without a second factor to create it with: %j', async (requested) => {
    await expect(client.signIn(BOB, requested)).rejects.toMatchObject(unmet);
  });

  it.each([
    ['an unknown value', { acr_values: 'urn:example:unheard-of' }],
    ['what is stronger than phr', { acr_values: 'phrh' }],
    ['an unknown essential claim', { claims: '{"id_token":{"acr":{"essential":true,"values":["phrh"]}}}' }],
  ])('C-50 cannot reach %s: refused before any page', async (_, requested) => {
    const stranger = { name: 'nobody', password: 'is asked' };
    await expect(client.signIn(stranger, requested)).rejects.toMatchObject(unmet);
  });
});

describe('acr_values and the claims parameter', () => {
  it.each([
    ['one of several values is enough', { acr_values: 'phr urn:example:mfa' }],
    ['an essential claim', { claims: '{"id_token":{"acr":{"essential":true,"values":["urn:example:mfa"]}}}' }],
    ['a claim with a single value', { claims: '{"id_token":{"acr":{"essential":true,"value":"urn:example:mfa"}}}' }],
  ])('%s', async (_, requested) => {
    const { accessToken, asked } = await client.signIn(ADA, requested);
    expect(asked).toEqual(['password', 'code']);
    expect(readEventClaims(accessToken).acr).toBe('urn:example:mfa');
  });
});

describe('prompt=none', () => {
  it('C-51 without a session: login_required', async () => {
    await expect(client.signIn(ADA, { prompt: 'none' })).rejects.toMatchObject({ error: 'login_required' });
  });

  it('C-51 where a second factor would have to be asked for: interaction_required', async () => {
    await client.signIn(ADA);
    const silent = client.signIn(ADA, { ...MFA, prompt: 'none' });
    await expect(silent).rejects.toMatchObject({ error: 'interaction_required' });
  });

  it('gives a token of the sign-in that there is', async () => {
    const first = await client.signIn(ADA);
    const silent = await client.signIn(ADA, { prompt: 'none' });
    expect(silent.asked).toEqual([]);
    const { acr, auth_time } = readEventClaims(first.accessToken);
    expect(readEventClaims(silent.accessToken)).toMatchObject({ acr, auth_time });
  });
});

describe('an authentication that is too old', () => {
  it('RS-45 RS-06 a new token of an old sign-in is challenged for both, and answered with both', async () => {
    await client.signIn(ADA, MFA);
    sample.ageSessions('ada', 600);
    const { accessToken, asked } = await client.signIn(ADA);
    expect(asked).toEqual([]);
    const { iat, auth_time } = readEventClaims(accessToken);
    expect(iat - auth_time).toBeGreaterThanOrEqual(600);

    const refused = await client.transfer(accessToken, TRANSFER);
    expect(refused.status).toBe(401);
    expect(await refused.clone().json()).toMatchObject({ reasons: ['authentication_too_old'] });
    expect(readStepUpChallenge(refused)).toEqual({ ...MFA, scope: 'openid bank' });

    const again = await client.signIn(ADA, readStepUpChallenge(refused));
    expect(again.asked).toEqual(['password', 'code']);
    expect((await client.transfer(again.accessToken, TRANSFER)).status).toBe(201);
  });

  it('a recent enough sign-in is not asked for again', async () => {
    await client.signIn(ADA, MFA);
    sample.ageSessions('ada', 200);
    const { accessToken, asked } = await client.signIn(ADA, MFA);
    expect(asked).toEqual([]);
    expect((await client.transfer(accessToken, TRANSFER)).status).toBe(201);
  });

  it('C-32 max_age alone, also of 0, does not lower a session that had a second factor', async () => {
    await client.signIn(ADA, MFA);
    const { accessToken, asked } = await client.signIn(ADA, { max_age: '0' });
    expect(asked).toEqual(['password', 'code']);
    expect(readEventClaims(accessToken).acr).toBe('urn:example:mfa');
  });
});

describe('one-time codes', () => {
  const authorizationRequest = (): URL => {
    const url = new URL('/auth', sample.issuer);
    url.search = new URLSearchParams({
      client_id: 'walkthrough',
      response_type: 'code',
      redirect_uri: 'http://127.0.0.1/callback',
      scope: 'openid bank',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      acr_values: 'urn:example:mfa',
    }).toString();
    return url;
  };

  async function codePage(browser: Browser): Promise<FormPage> {
    const password = (await browser.open(authorizationRequest())) as FormPage;
    const page = (await browser.submit(password, { name: ADA.name, password: ADA.password })) as FormPage;
    expect(page.title).toBe('Enter your code');
    return page;
  }

  const createBrowser = () => new Browser('http://127.0.0.1/callback');

  it('a wrong one is refused on the page, and the right one accepted after it', async () => {
    const browser = createBrowser();
    const page = await codePage(browser);
    const right = demoCode(page);
    const wrong = String((Number(right) + 1) % 1_000_000).padStart(6, '0');
    const again = (await browser.submit(page, { code: wrong })) as FormPage;
    expect(again.html).toContain('This code is wrong, or was used before.');
    expect((await browser.submit(again, { code: right })) instanceof URL).toBe(true);
  });

  it('a used one is refused, also in another browser', async () => {
    const browser = createBrowser();
    const page = await codePage(browser);
    const code = demoCode(page);
    await browser.submit(page, { code });

    const other = createBrowser();
    const replayed = (await other.submit(await codePage(other), { code })) as FormPage;
    expect(replayed.html).toContain('This code is wrong, or was used before.');
  });

  it('cannot be tried out: after five wrong ones even the right one has to wait', () => {
    const now = 1_800_000_000;
    const codes = new OneTimeCodes();
    const right = codes.showDemoCode(now) ?? '';
    for (let tries = 0; tries < 5; tries += 1) expect(codes.accept('abcdef', now)).toBe('wrong');
    expect(codes.accept(right, now)).toBe('blocked');
    expect(codes.accept(right, now + 30)).toBe('accepted');
  });

  it('there are two in one half minute, and the demo shows none of those that are used', () => {
    const now = 1_800_000_000;
    const codes = new OneTimeCodes();
    const [first, second] = [0, 1].map(() => {
      const code = codes.showDemoCode(now) ?? '';
      expect(codes.accept(code, now)).toBe('accepted');
      return code;
    });
    expect(codes.showDemoCode(now)).toBeUndefined();
    expect(codes.accept(first ?? '', now)).toBe('wrong');
    expect(codes.accept(second ?? '', now + 30)).toBe('wrong');
    expect(codes.accept(codes.showDemoCode(now + 30) ?? '', now + 30)).toBe('accepted');
  });

  it('a wrong password is refused on the page', async () => {
    const browser = createBrowser();
    const page = (await browser.open(authorizationRequest())) as FormPage;
    const again = (await browser.submit(page, { name: 'ada', password: '"><script>' })) as FormPage;
    expect(again.html).toContain('Name and password do not match.');
    expect(again.html).not.toContain('<script>');
  });

  it('C-51 a user who cancels is sent back with access_denied', async () => {
    const browser = createBrowser();
    const callback = (await browser.submit(await codePage(browser), { action: 'cancel' })) as URL;
    expect(callback.searchParams.get('error')).toBe('access_denied');
  });

  it('somebody else cannot go on with a session', async () => {
    await client.signIn(ADA);
    const { browser } = client;
    const url = authorizationRequest();
    url.searchParams.set('max_age', '0');
    const page = (await browser.open(url)) as FormPage;
    const again = (await browser.submit(page, { name: BOB.name, password: BOB.password })) as FormPage;
    expect(again.html).toContain('You are signed in as ada. Sign out first to go on as somebody else.');
  });
});
