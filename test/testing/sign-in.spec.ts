import { decodeJwt } from 'jose';
import {
  createTestAuthorizationServer,
  type TestAuthorizationServer,
  type TestUserAccount,
} from 'nestjs-step-up/testing';
import { secondsAgo, stopClockOfEachTest } from '../support/clock.js';

const REDIRECT_URI = 'https://client.example/callback';
// BASE64URL(SHA256(verifier)), the example of RFC 7636 appendix B
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const REQUEST = {
  response_type: 'code',
  client_id: 'test-client',
  redirect_uri: REDIRECT_URI,
  scope: 'openid',
  state: 'state-1',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
};
const ALICE = { name: 'alice', password: 'wonderland', code: '123456' };
const BOB = { name: 'bob', password: 'builder' };

stopClockOfEachTest(Date.UTC(2026, 0, 1));

let server: TestAuthorizationServer;
beforeEach(async () => {
  server = await createTestAuthorizationServer({ users: [ALICE, BOB] });
});
afterEach(() => server.close());

/** A browser with one cookie jar, which follows no redirect. */
class Browser {
  #cookie = '';
  #page = '';

  get cookieName() {
    return this.#cookie.split('=')[0];
  }

  async open(parameters: Record<string, string> = {}) {
    return this.#receive(
      await fetch(`${server.issuer}/authorize?${new URLSearchParams({ ...REQUEST, ...parameters })}`, {
        redirect: 'manual',
        headers: { cookie: this.#cookie },
      }),
    );
  }

  /** Sends the form of the page, with what it has in its hidden field. */
  async submit(fields: Record<string, string>) {
    const [, hidden = ''] = /name="request" value="([^"]*)"/.exec(this.#page) ?? [];
    const request = hidden.replaceAll('&amp;', '&').replaceAll('&#39;', "'").replaceAll('&quot;', '"');
    return this.#receive(
      await fetch(`${server.issuer}/sign-in`, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie: this.#cookie },
        body: new URLSearchParams({ request, ...fields }),
      }),
    );
  }

  async #receive(response: Response) {
    this.#page = await response.text();
    const [cookie] = response.headers.getSetCookie();
    if (cookie !== undefined) this.#cookie = cookie.split(';')[0] as string;
    const location = response.headers.get('location');
    return {
      status: response.status,
      page: this.#page,
      alert: /role="alert">([^<]*)</.exec(this.#page)?.[1],
      asksForCode: this.#page.includes('name="code"'),
      ...(location !== null && { redirect: Object.fromEntries(new URL(location).searchParams) }),
    };
  }
}

async function claimsOf(code: string | undefined): Promise<Record<string, unknown>> {
  const response = await fetch(`${server.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'test-client',
      code: code as string,
      redirect_uri: REDIRECT_URI,
      code_verifier: VERIFIER,
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  const { sub, acr, auth_time: authTime } = decodeJwt(token);
  return { sub, acr, isNow: authTime === secondsAgo(0) };
}

describe('the sign-in page', () => {
  it('asks for a password, and sends the user back as the one who has signed in', async () => {
    const browser = new Browser();
    expect(await browser.open()).toMatchObject({ status: 200, asksForCode: false });
    const { status, redirect } = await browser.submit(BOB);
    expect({ status, state: redirect?.['state'], iss: redirect?.['iss'] }).toEqual({
      status: 303,
      state: 'state-1',
      iss: server.issuer,
    });
    expect(await claimsOf(redirect?.['code'])).toEqual({ sub: 'bob', acr: 'urn:example:pwd', isNow: true });
  });

  it('asks for a code as well if the requested acr needs one', async () => {
    const browser = new Browser();
    expect(await browser.open({ acr_values: 'urn:example:mfa' })).toMatchObject({ status: 200, asksForCode: true });
    const { redirect } = await browser.submit(ALICE);
    expect(await claimsOf(redirect?.['code'])).toEqual({ sub: 'alice', acr: 'urn:example:mfa', isNow: true });
  });

  it('reads an essential acr claim too', async () => {
    const claims = JSON.stringify({ id_token: { acr: { essential: true, value: 'urn:example:phr' } } });
    const browser = new Browser();
    await browser.open({ claims });
    const { redirect } = await browser.submit(ALICE);
    expect(await claimsOf(redirect?.['code'])).toEqual({ sub: 'alice', acr: 'urn:example:phr', isNow: true });
  });

  it.each<[what: string, fields: Record<string, string>, alert: string]>([
    ['a wrong password', { ...ALICE, password: 'builder' }, 'The name or the password is wrong'],
    ['an unknown name', { ...ALICE, name: 'eve' }, 'The name or the password is wrong'],
    ['a name that every object has', { ...ALICE, name: '__proto__' }, 'The name or the password is wrong'],
    ['a wrong code', { ...ALICE, code: '654321' }, 'The code is wrong'],
    ['no code', { name: ALICE.name, password: ALICE.password }, 'The code is wrong'],
    ['nothing', {}, 'The name or the password is wrong'],
  ])('is shown again for %s', async (_, fields, alert) => {
    const browser = new Browser();
    await browser.open({ acr_values: 'urn:example:mfa' });
    expect(await browser.submit(fields)).toMatchObject({ status: 200, alert, asksForCode: true });
  });

  it('refuses a user without a code who needs one', async () => {
    const browser = new Browser();
    await browser.open({ acr_values: 'urn:example:mfa' });
    expect((await browser.submit(BOB)).redirect).toMatchObject({
      error: 'unmet_authentication_requirements',
      error_description: 'The user has no second factor',
    });
  });

  it('is left out while the session is sufficient, and shown when it is not', async () => {
    const browser = new Browser();
    await browser.open();
    await browser.submit(ALICE);
    expect((await browser.open()).redirect).toHaveProperty('code');
    expect((await browser.open({ max_age: '300' })).redirect).toHaveProperty('code');
    expect(await browser.open({ max_age: '0' })).toMatchObject({ status: 200, asksForCode: false });
    expect(await browser.open({ prompt: 'login' })).toMatchObject({ status: 200 });
    expect(await browser.open({ acr_values: 'urn:example:mfa' })).toMatchObject({ status: 200, asksForCode: true });
    expect((await new Browser().open({ prompt: 'none' })).redirect).toMatchObject({ error: 'login_required' });
  });

  it('belongs to one browser, and another user does not continue the session', async () => {
    const browser = new Browser();
    await browser.open({ acr_values: 'urn:example:mfa' });
    await browser.submit(ALICE);
    expect(await new Browser().open()).toMatchObject({ status: 200 });
    await browser.open({ prompt: 'login', acr_values: 'urn:example:pwd' });
    const { redirect } = await browser.submit(BOB);
    expect(await claimsOf(redirect?.['code'])).toEqual({ sub: 'bob', acr: 'urn:example:pwd', isNow: true });
  });

  it('has another cookie than a server on another port', async () => {
    const cookieOf = async () => {
      const browser = new Browser();
      await browser.open();
      await browser.submit(ALICE);
      return browser.cookieName;
    };
    const first = await cookieOf();
    await server.close();
    server = await createTestAuthorizationServer({ users: [ALICE] });
    expect(await cookieOf()).not.toBe(first);
  });

  it('checks the request again that its form sends back', async () => {
    const form = (request: Record<string, string>) =>
      fetch(`${server.issuer}/sign-in`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ request: String(new URLSearchParams(request)), ...ALICE }),
      });
    expect((await form({})).status).toBe(400);
    expect((await form({ ...REQUEST, redirect_uri: 'https://evil.example' })).status).toBe(400);
    const withoutPkce = await form({ ...REQUEST, code_challenge: '' });
    expect(withoutPkce.headers.get('location')).toContain('error=invalid_request');
  });

  it('contains nothing of the request as markup, and cannot be framed', async () => {
    const browser = new Browser();
    const { page } = await browser.open({ state: '"><script>alert(1)</script>', login_hint: `"'<b>` });
    expect(page).not.toMatch(/<script|<b>/);
    expect(page).toContain('value="&quot;&#39;&lt;b&gt;"');
    const response = await fetch(`${server.issuer}/authorize?${new URLSearchParams(REQUEST)}`);
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  it('is not there without users', async () => {
    const other = await createTestAuthorizationServer();
    const response = await fetch(`${other.issuer}/sign-in`, { method: 'POST', body: new URLSearchParams(ALICE) });
    await other.close();
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 400,
      body: { error: 'invalid_request', error_description: 'This server has no sign-in page' },
    });
  });
});

it.each<[users: unknown, message: string]>([
  [[], '"users" must list at least one user, each with "name", "password" and optionally "code"'],
  [[{ name: 'a' }], '"users" must list at least one user, each with "name", "password" and optionally "code"'],
  [[{ ...BOB, code: 1 }], '"users" must list at least one user, each with "name", "password" and optionally "code"'],
  [[null], '"users" must list at least one user, each with "name", "password" and optionally "code"'],
  ['alice', '"users" must list at least one user, each with "name", "password" and optionally "code"'],
  [[BOB, BOB], '"users" has the name "bob" twice'],
])('users are refused that are none: %j', async (users, message) => {
  await expect(createTestAuthorizationServer({ users: users as TestUserAccount[] })).rejects.toThrow(
    new TypeError(message),
  );
});

describe('any token for a process of this machine', () => {
  const ask = (at: TestAuthorizationServer, form: Record<string, string>, headers = {}) =>
    fetch(`${at.issuer}/token`, {
      method: 'POST',
      headers,
      body: new URLSearchParams({ grant_type: 'urn:nestjs-step-up:token', ...form }),
    });

  it('is issued if the server is created so', async () => {
    const issuing = await createTestAuthorizationServer({ issuesTokens: true });
    const response = await ask(issuing, { acr: 'urn:example:mfa', auth_time: '1700000000', sub: 'bob', scope: 'a b' });
    await issuing.close();
    expect(decodeJwt(((await response.json()) as { access_token: string }).access_token)).toMatchObject({
      acr: 'urn:example:mfa',
      auth_time: 1_700_000_000,
      sub: 'bob',
      scope: 'a b',
    });
  });

  it.each<[what: string, issuesTokens: boolean, headers: Record<string, string>, error: string]>([
    ['by default', false, {}, 'invalid_client'],
    ['from a page', true, { origin: 'https://evil.example' }, 'unauthorized_client'],
  ])('is refused %s', async (_, issuesTokens, headers, error) => {
    const other = await createTestAuthorizationServer({ issuesTokens });
    const response = await ask(other, {}, headers);
    await other.close();
    expect(await response.json()).toMatchObject({ error });
  });
});
