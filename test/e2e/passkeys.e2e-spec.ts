import { type Sample, startSample } from '../../sample-app/src/sample.js';
import { readEventClaims } from '../../sample-app/src/walkthrough/authentication-event.js';
import { Browser, type FormPage } from '../../sample-app/src/walkthrough/browser.js';
import { Client } from '../../sample-app/src/walkthrough/client.js';
import { ADA, demoCode } from '../../sample-app/src/walkthrough/user.js';
import { SoftwareAuthenticator } from '../support/software-authenticator.js';

const CALLBACK = 'http://127.0.0.1/callback';
const LARGE_TRANSFER = { from: 'ada-everyday', to: 'bob-everyday', amount: 1000_01 };
const REFUSED = 'The passkey was not accepted, or the attempt took too long.';

describe('phr at the authorization server', () => {
  let sample: Sample;
  let client: Client;
  let authenticator: SoftwareAuthenticator;

  beforeEach(async () => {
    sample = await startSample();
    client = await Client.create(sample);
    authenticator = new SoftwareAuthenticator(sample.issuer);
  });
  afterEach(async () => sample?.close());

  function authorizationRequest(requested: Record<string, string> = { acr_values: 'phr' }): URL {
    const url = new URL('/auth', sample.issuer);
    url.search = new URLSearchParams({
      client_id: 'walkthrough',
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: 'openid bank',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...requested,
    }).toString();
    return url;
  }

  const open = async (browser: Browser, requested?: Record<string, string>) =>
    (await browser.open(authorizationRequest(requested))) as FormPage;

  async function options(browser: Browser, { url, ...page }: FormPage) {
    const answer = await browser.submit({ ...page, url: new URL(`${url.pathname}/passkey-options`, url) }, {});
    return JSON.parse((answer as FormPage).html);
  }

  const givePassword = async (browser: Browser, page: FormPage) =>
    (await browser.submit(page, { name: ADA.name, password: ADA.password })) as FormPage;

  const giveCode = async (browser: Browser, page: FormPage) =>
    (await browser.submit(page, { code: demoCode(page) })) as FormPage;

  /** As far as the page that asks Ada to create a passkey. */
  async function creationPage(browser: Browser): Promise<FormPage> {
    return giveCode(browser, await givePassword(browser, await open(browser)));
  }

  /** As far as the page that asks Ada to use the passkey that she has just created. */
  async function createPasskey(browser: Browser): Promise<FormPage> {
    const page = await creationPage(browser);
    const answer = authenticator.create((await options(browser, page)).options);
    return (await browser.submit(page, { passkey: JSON.stringify(answer) })) as FormPage;
  }

  async function usePasskey(browser: Browser, page: FormPage): Promise<FormPage | URL> {
    const answer = authenticator.use((await options(browser, page)).options);
    return browser.submit(page, { passkey: JSON.stringify(answer) });
  }

  it('a user without a passkey creates one after password and code, uses it, and transfers a lot', async () => {
    const { browser } = client;
    const password = await open(browser);
    expect(password.title).toBe('Sign in');
    const code = await givePassword(browser, password);
    expect(code.title).toBe('Enter your code');
    expect(code.html).toContain('needs a passkey, and you have none yet');
    const create = await giveCode(browser, code);
    expect(create.title).toBe('Create a passkey');

    const begun = await options(browser, create);
    expect(begun).toMatchObject({
      ceremony: 'create',
      options: {
        rp: { id: 'localhost' },
        user: { name: 'ada' },
        attestation: 'none',
        authenticatorSelection: { userVerification: 'required' },
      },
    });
    const created = JSON.stringify(authenticator.create(begun.options));
    const use = (await browser.submit(create, { passkey: created })) as FormPage;
    expect(use.title).toBe('Use a passkey');
    expect(use.html).toContain('Your passkey is ready.');
    expect((await usePasskey(browser, use)) instanceof URL).toBe(true);

    const { accessToken, asked } = await client.signIn(ADA, { acr_values: 'phr', max_age: '300' });
    expect(asked).toEqual([]);
    expect(readEventClaims(accessToken)).toMatchObject({ acr: 'phr', amr: ['pwd', 'otp', 'mfa', 'pop', 'user'] });
    expect((await client.transfer(accessToken, LARGE_TRANSFER)).status).toBe(201);
  });

  it('who has one is asked for it in place of a code, in any browser', async () => {
    await createPasskey(client.browser);
    const other = await Client.create(sample);
    const use = await givePassword(other.browser, await open(other.browser));
    expect(use.title).toBe('Use a passkey');
    expect(await options(other.browser, use)).toMatchObject({
      ceremony: 'use',
      options: {
        rpId: 'localhost',
        userVerification: 'required',
        allowCredentials: [{ id: authenticator.id.toString('base64url') }],
      },
    });
    expect((await usePasskey(other.browser, use)) instanceof URL).toBe(true);
    const { accessToken } = await other.signIn(ADA, { acr_values: 'phr' });
    expect(readEventClaims(accessToken)).toMatchObject({ acr: 'phr', amr: ['pwd', 'pop', 'user', 'mfa'] });
  });

  describe('a lost passkey is replaced', () => {
    let other: Client;
    let lost: FormPage;
    let second: SoftwareAuthenticator;

    /** Ada has created a passkey, and is asked for it in a browser that does not have it. */
    beforeEach(async () => {
      await createPasskey(client.browser);
      other = await Client.create(sample);
      second = new SoftwareAuthenticator(sample.issuer);
      lost = await givePassword(other.browser, await open(other.browser));
      expect(lost.title).toBe('Use a passkey');
    });

    const sayLost = async () => (await other.browser.submit(lost, { action: 'lost' })) as FormPage;

    it('after a one-time code, and the new one is good for phr', async () => {
      const code = await sayLost();
      expect(code.title).toBe('Enter your code');
      expect(code.html).toContain('You can create another passkey once a code has shown that it is you.');
      const create = await giveCode(other.browser, code);
      expect(create.title).toBe('Create a passkey');
      const created = second.create((await options(other.browser, create)).options);
      const use = (await other.browser.submit(create, { passkey: JSON.stringify(created) })) as FormPage;
      expect([use.title, use.html.includes('Your passkey is ready.')]).toEqual(['Use a passkey', true]);
      const used = second.use((await options(other.browser, use)).options);
      expect((await other.browser.submit(use, { passkey: JSON.stringify(used) })) instanceof URL).toBe(true);
      const { accessToken, asked } = await other.signIn(ADA, { acr_values: 'phr' });
      expect(asked).toEqual([]);
      expect(readEventClaims(accessToken).acr).toBe('phr');
    });

    it('max_age=0: the password is not asked for a second time on the way', async () => {
      const password = await open(other.browser, { acr_values: 'phr', max_age: '0' });
      lost = await givePassword(other.browser, password);
      const create = await giveCode(other.browser, await sayLost());
      expect(create.title).toBe('Create a passkey');
    });

    it('and the lost one is good for nothing from then on', async () => {
      const create = await giveCode(other.browser, await sayLost());
      const created = second.create((await options(other.browser, create)).options);
      await other.browser.submit(create, { passkey: JSON.stringify(created) });

      const finder = await Client.create(sample);
      const page = await givePassword(finder.browser, await open(finder.browser));
      const { options: request } = await options(finder.browser, page);
      expect(request.allowCredentials).toEqual([expect.objectContaining({ id: second.id.toString('base64url') })]);
      const passkey = JSON.stringify(authenticator.use(request));
      expect(((await finder.browser.submit(page, { passkey })) as FormPage).html).toContain(REFUSED);
    });

    it('not by saying so alone: no code, no creation, and the passkey stays as it is', async () => {
      const code = await sayLost();
      expect(await options(other.browser, code)).toMatchObject({ error: 'invalid_request' });
      const wrong = (await other.browser.submit(code, { code: '000000' })) as FormPage;
      expect(wrong.title).toBe('Enter your code');
      await other.browser.submit(wrong, { action: 'cancel' });
      const again = await Client.create(sample);
      const use = await givePassword(again.browser, await open(again.browser));
      expect((await usePasskey(again.browser, use)) instanceof URL).toBe(true);
    });

    it('C-51 a user who then cancels keeps the passkey that there was', async () => {
      const create = await giveCode(other.browser, await sayLost());
      await options(other.browser, create);
      const callback = (await other.browser.submit(create, { action: 'cancel' })) as URL;
      expect(callback.searchParams.get('error')).toBe('access_denied');
      const again = await Client.create(sample);
      const use = await givePassword(again.browser, await open(again.browser));
      expect((await usePasskey(again.browser, use)) instanceof URL).toBe(true);
    });

    it('a code that was given before does not count: another way asks for one of its own', async () => {
      const next = await Client.create(sample);
      await next.signIn(ADA, { acr_values: 'urn:example:mfa' });
      const use = await open(next.browser);
      expect(use.title).toBe('Use a passkey');
      expect(((await next.browser.submit(use, { action: 'lost' })) as FormPage).title).toBe('Enter your code');
    });
  });

  it('satisfies mfa as well, and max_age=0 does not lower it', async () => {
    const { browser } = client;
    await usePasskey(browser, await createPasskey(browser));
    const { accessToken, asked } = await client.signIn(ADA, { acr_values: 'urn:example:mfa' });
    expect(asked).toEqual([]);
    expect(readEventClaims(accessToken).acr).toBe('phr');
    const password = await open(browser, { max_age: '0' });
    expect(password.title).toBe('Sign in again');
    expect((await givePassword(browser, password)).title).toBe('Use a passkey');
  });

  it('a session with a second factor is asked for a code again before a passkey is created', async () => {
    await client.signIn(ADA, { acr_values: 'urn:example:mfa' });
    const code = await open(client.browser);
    expect(code.title).toBe('Enter your code');
    expect((await giveCode(client.browser, code)).title).toBe('Create a passkey');
  });

  it('creating a passkey alone is not phr: the session stays at mfa until it is used', async () => {
    await createPasskey(client.browser);
    const { accessToken, asked } = await client.signIn(ADA, { acr_values: 'urn:example:mfa' });
    expect(asked).toEqual([]);
    expect(readEventClaims(accessToken).acr).toBe('urn:example:mfa');
  });

  it('an answer counts once: the creation sent again is refused', async () => {
    const { browser } = client;
    const page = await creationPage(browser);
    const passkey = JSON.stringify(authenticator.create((await options(browser, page)).options));
    expect(((await browser.submit(page, { passkey })) as FormPage).html).toContain('Your passkey is ready.');
    expect(((await browser.submit(page, { passkey })) as FormPage).html).toContain(REFUSED);
  });

  it('an answer counts in its own interaction: replayed in another browser it is refused', async () => {
    const { browser } = client;
    const page = await createPasskey(browser);
    const passkey = JSON.stringify(authenticator.use((await options(browser, page)).options));
    expect((await browser.submit(page, { passkey })) instanceof URL).toBe(true);

    const other = new Browser(CALLBACK);
    const otherPage = await givePassword(other, await open(other));
    await options(other, otherPage);
    const replayed = (await other.submit(otherPage, { passkey })) as FormPage;
    expect(replayed.html).toContain(REFUSED);
    expect((await usePasskey(other, replayed)) instanceof URL).toBe(true);
  });

  it('C-51 a user who cancels is sent back with access_denied, and keeps the session', async () => {
    const { browser } = client;
    const callback = (await browser.submit(await creationPage(browser), { action: 'cancel' })) as URL;
    expect(callback.searchParams.get('error')).toBe('access_denied');
    expect((await client.signIn(ADA, { acr_values: 'urn:example:mfa' })).asked).toEqual([]);
  });

  it('C-51 prompt=none gives interaction_required', async () => {
    await client.signIn(ADA);
    const silent = client.signIn(ADA, { acr_values: 'phr', prompt: 'none' });
    await expect(silent).rejects.toMatchObject({ error: 'interaction_required' });
  });

  it('gives options neither before it asks for a passkey nor without the cookie of an interaction', async () => {
    const { browser } = client;
    const password = await open(browser);
    expect(await options(browser, password)).toEqual({
      error: 'invalid_request',
      error_description: 'no passkey is asked for here',
    });
    const stranger = await fetch(`${password.url.href}/passkey-options`, { method: 'POST' });
    expect(stranger.status).toBe(400);
  });

  it('the page runs the scripts of this server alone, and no other page runs any', async () => {
    const policies: (string | null)[] = [];
    const browser = new Browser(CALLBACK, ({ response }) => {
      if (response.status === 200) policies.push(response.headers.get('content-security-policy'));
    });
    const page = await creationPage(browser);
    expect(policies).toHaveLength(3);
    const [password, code, passkey] = policies;
    expect(password).not.toContain('script-src');
    expect(code).toBe(password);
    expect(passkey).toBe(
      password?.replace("default-src 'none';", "default-src 'none'; script-src 'self'; connect-src 'self';"),
    );
    expect(page.html).not.toMatch(/<script>|\son[a-z]+=|style=/);
    const scripts = [...page.html.matchAll(/<script [^>]*src="([^"]+)"/g)].map(([, path]) => path);
    expect(scripts).toEqual(['/vendor/simplewebauthn.js', '/passkey.mjs']);
    for (const path of scripts) {
      const script = await fetch(sample.issuer + path);
      expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    }
  });
});
