import { createServer } from 'node:http';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import {
  type AuthorizationBehavior,
  createTestAuthorizationServer,
  type TestAuthorizationServer,
} from 'nestjs-step-up/testing';
import { BankModule } from '../../sample-app/src/bank/bank.module.js';
import { createBff } from '../../sample-app/src/bff/bff.js';
import { SessionStore } from '../../sample-app/src/bff/session-store.js';
import { UserStore } from '../../sample-app/src/bff/step-up/index.js';
import { type ListeningServer, listen } from '../../sample-app/src/listening-server.js';
import { type Sample, startSample } from '../../sample-app/src/sample.js';
import { Client } from '../../sample-app/src/walkthrough/client.js';
import { ADA, BOB, type User } from '../../sample-app/src/walkthrough/user.js';
import { stopClock } from '../support/clock.js';
import { WebBrowser, type WebPage } from '../support/web-browser.js';

const TRANSFER = { from: 'ada-everyday', to: 'bob-everyday', amount: '25.00' };
const JWT = /eyJ[\w-]+\.eyJ[\w-]+/;
/** Anonymous requests. One of them that left a byte on the server would fail the test. */
const STRANGERS = 2_000;
const AS_BEFORE = 'you are still signed in as before';

const isCallback = ({ pathname }: URL) => pathname === '/callback';

/** Moves the clock, and leaves timers and sockets alone. */
const later = (seconds: number) => stopClock(Date.now() + seconds * 1000);

afterEach(() => jest.useRealTimers());

describe('a server as the client, with oidc-provider', () => {
  let sample: Sample;
  beforeAll(async () => {
    sample = await startSample();
  });
  afterAll(async () => sample?.close());

  async function signIn(browser: WebBrowser, user: User): Promise<WebPage> {
    const page = await browser.open(`${sample.bff}/sign-in`);
    expect(page.url.origin).toBe(sample.issuer);
    return browser.submit(page, { name: user.name, password: user.password });
  }

  async function balance(client: Client, accessToken: string): Promise<number> {
    const { accounts } = (await (await client.accounts(accessToken)).json()) as { accounts: { balance: number }[] };
    return accounts[0]?.balance ?? Number.NaN;
  }

  it('C-30 C-57 transfer, second factor, confirmation: the callback performs nothing, the user does', async () => {
    const other = await Client.create(sample);
    const { accessToken } = await other.signIn(ADA);
    const before = await balance(other, accessToken);

    const browser = new WebBrowser();
    const accounts = await signIn(browser, ADA);
    expect([accounts.url.href, accounts.title]).toEqual([`${sample.bff}/`, 'Accounts']);
    const cookieBefore = browser.cookie('bff');

    const code = await browser.submit(accounts, TRANSFER);
    expect(code.title).toBe('Enter your code');
    expect(code.headers.get('content-security-policy')).toContain(`form-action 'self' ${sample.bff};`);
    const demoCode = /data-demo-code>(\d{6})</.exec(code.html)?.[1] ?? '';
    const confirm = await browser.submit(code, { code: demoCode });
    expect([confirm.status, confirm.title]).toEqual([200, 'Confirm your transfer']);
    expect(confirm.html).toContain('<dd>€\u00a025.00</dd>');
    expect(confirm.html).toContain('<dd>bob-everyday</dd>');
    expect(browser.cookie('bff')).not.toBe(cookieBefore);
    expect(await balance(other, accessToken)).toBe(before);

    const done = await browser.submit(confirm, {});
    expect([done.url.href, done.title]).toEqual([`${sample.bff}/`, 'Accounts']);
    expect(done.html).toContain('€\u00a025.00 from ada-everyday to bob-everyday.');
    expect(await balance(other, accessToken)).toBe(before - 25_00);

    // once more from the same page
    const again = await browser.submit(confirm, {});
    expect([again.status, again.title]).toEqual([404, 'This transfer is not waiting']);
    expect(await balance(other, accessToken)).toBe(before - 25_00);

    // the token is good for the next one as well, which the bank says, not the client
    const next = await browser.submit(done, { ...TRANSFER, amount: '1.00' });
    expect(next.html).toContain('€\u00a01.00 from ada-everyday to bob-everyday.');

    expect(JWT.test(accessToken)).toBe(true);
    const seen = browser.history.map(({ url, headers, html }) => [url.href, [...headers].join(), html].join());
    expect(seen.length).toBeGreaterThan(10);
    expect(seen.filter((text) => JWT.test(text))).toEqual([]);
    // what the inspector shows of a token tells nobody anything
    const shown = [...seen.join().matchAll(/(?:access_token|id_token)[^:=]*[:=](?: &quot;)?(.*?)(?:&quot;|\n)/g)];
    expect(new Set(shown.map(([, value = '']) => value.length))).toEqual(new Set([13]));
  });

  it('shows of the bank what came, and of two users at once to each their own', async () => {
    const [ada, bob] = [new WebBrowser(), new WebBrowser()];
    const [adaPage, bobPage] = [await signIn(ada, ADA), await signIn(bob, BOB)];
    expect(adaPage.html).toContain('This server has a token from a sign-in with a password.');
    const away = { stopBefore: ({ origin }: URL) => origin === sample.issuer };
    await Promise.all([
      ada.submit(adaPage, { ...TRANSFER, amount: '11.00' }, away),
      bob.submit(bobPage, { from: 'bob-everyday', to: 'ada-savings', amount: '22.00' }, away),
    ]);
    const [adaSees, bobSees] = [await ada.open(`${sample.bff}/`), await bob.open(`${sample.bff}/`)];
    for (const [{ html }, own, other] of [
      [adaSees, 1100, 2200],
      [bobSees, 2200, 1100],
    ] as const) {
      expect(html).toContain(`&quot;amount&quot;: ${own}\n`);
      expect(html).not.toContain(`&quot;amount&quot;: ${other}\n`);
      expect(html).toContain('HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer realm=&quot;bank&quot;');
      expect(html).toContain('<mark>acr_values=&quot;urn:example:mfa phr&quot;</mark>');
      expect(html).toContain('POST /request HTTP/1.1');
      expect(html).toContain('Authorization: Basic …\n');
    }
  });

  it('C-41 the authorization request is pushed, so that nothing can be taken out of it', async () => {
    const browser = new WebBrowser();
    const accounts = await signIn(browser, ADA);
    const left = await browser.submit(accounts, TRANSFER, { stopBefore: ({ origin }) => origin === sample.issuer });
    expect(new Set(left.url.searchParams.keys())).toEqual(new Set(['client_id', 'request_uri']));
    expect(left.url.searchParams.get('request_uri')).toMatch(/^urn:ietf:params:oauth:request_uri:/);
  });

  it('C-44 names the user to the authorization server, which does not go on as somebody else', async () => {
    const browser = new WebBrowser();
    const accounts = await signIn(browser, ADA);
    const bob = new WebBrowser();
    expect((await signIn(bob, BOB)).html).toContain('Signed in as <strong>bob</strong>');
    browser.adopt(bob, new URL(sample.issuer).hostname);
    expect((await browser.submit(accounts, TRANSFER)).title).toBe('Sign in again');
  });

  it('C-51 a user who cancels stays signed in as before, and may try again', async () => {
    const browser = new WebBrowser();
    const code = await browser.submit(await signIn(browser, ADA), TRANSFER);
    const declined = await browser.submit(code, { action: 'cancel' });
    expect([declined.status, declined.title]).toEqual([403, 'You cancelled the sign-in']);
    expect(declined.html).toContain(AS_BEFORE);
    const accounts = await browser.open(`${sample.bff}/`);
    expect(accounts.title).toBe('Accounts');
    expect((await browser.submit(accounts, TRANSFER)).title).toBe('Enter your code');
  });

  it('C-50 a user without a second factor is told so, and stays signed in', async () => {
    const browser = new WebBrowser();
    const accounts = await signIn(browser, BOB);
    const unmet = await browser.submit(accounts, { from: 'bob-everyday', to: 'ada-everyday', amount: '1.00' });
    expect([unmet.status, unmet.title]).toEqual([403, 'You cannot sign in strongly enough']);
    expect(unmet.html).toContain(AS_BEFORE);
    expect((await browser.open(`${sample.bff}/`)).html).toContain('Signed in as <strong>bob</strong>');
  });

  it('C-52 a user who comes back after five minutes has to begin again, and is still signed in', async () => {
    const browser = new WebBrowser();
    const code = await browser.submit(await signIn(browser, ADA), TRANSFER);
    later(301);
    const late = await browser.submit(code, { action: 'cancel' });
    expect([late.status, late.title]).toEqual([410, 'That took too long']);
    expect((await browser.open(`${sample.bff}/`)).title).toBe('Accounts');
  });

  describe('a form that makes no sense is refused at its field, before anybody has to sign in again', () => {
    let browser: WebBrowser;
    let accounts: WebPage;
    beforeAll(async () => {
      browser = new WebBrowser();
      accounts = await signIn(browser, ADA);
    });

    it.each([
      ['nothing', { amount: '0' }, 'amount', 'Transfer at least 0.01.'],
      ['nothing, in cents', { amount: '0,00' }, 'amount', 'Transfer at least 0.01.'],
      ['a negative amount', { amount: '-1' }, 'amount', 'Write euros such as 25 or 25.00.'],
      ['text', { amount: 'ten' }, 'amount', 'Write euros such as 25 or 25.00.'],
      ['no amount', { amount: '' }, 'amount', 'Write euros such as 25 or 25.00.'],
      ['tenths of a cent', { amount: '1.001' }, 'amount', 'Write euros such as 25 or 25.00.'],
      ['too many digits', { amount: '12345678' }, 'amount', 'Write euros such as 25 or 25.00.'],
      [
        'more than the balance',
        { amount: '12000.01', from: 'ada-savings' },
        'amount',
        'There are only €\u00a012,000.00',
      ],
      ['markup for an account', { to: '<b>' }, 'to', 'Choose an account of this bank.'],
      ['the same account twice', { to: 'ada-everyday' }, 'to', 'Choose another account than the one it comes from.'],
      ['markup for the own account', { from: '"><script>' }, 'from', 'Choose one of your accounts.'],
    ])('%s', async (_, wrong: Partial<typeof TRANSFER>, field, text) => {
      const refused = await browser.submit(accounts, { ...TRANSFER, ...wrong });
      expect([refused.status, refused.url.href, refused.title]).toEqual([400, `${sample.bff}/transfers`, 'Accounts']);
      expect(refused.html).toContain(`<p id="${field}-problem" class="field-problem" role="alert">${text}`);
      expect(refused.html).toContain(`aria-invalid="true" autofocus aria-describedby="${field}-problem"`);
      expect(refused.html).not.toContain('<script');
    });

    it('keeps what was typed, and takes it once it is right', async () => {
      const refused = await browser.submit(accounts, { ...TRANSFER, from: 'ada-savings', amount: '99999' });
      expect(refused.html).toContain('<option selected>ada-savings</option>');
      expect(refused.html).toContain('value="99999"');
      expect((await browser.submit(refused, TRANSFER)).title).toBe('Enter your code');
    });

    it('what the bank refuses beyond that is refused in its words', async () => {
      const code = await browser.submit(accounts, { ...TRANSFER, from: 'bob-everyday', to: 'ada-everyday' });
      const demoCode = /data-demo-code>(\d{6})</.exec(code.html)?.[1] ?? '';
      const refused = await browser.submit(await browser.submit(code, { code: demoCode }), {});
      expect([refused.status, refused.title]).toEqual([400, 'The bank refused']);
      expect(refused.html).toContain('<p>The account it comes from is not one of your accounts.</p>');
    });
  });

  it('signing out ends the session here and asks about the one at the authorization server', async () => {
    const browser = new WebBrowser();
    const accounts = await signIn(browser, ADA);
    const out = await browser.submit({ ...accounts, html: accounts.html.split('</header>')[0] ?? '' }, {});
    expect([out.url.origin, out.title]).toEqual([sample.issuer, 'Sign out?']);
    expect(out.headers.get('content-security-policy')).toContain(`form-action 'self' ${sample.bank} ${sample.bff};`);
    expect(out.url.searchParams.has('id_token_hint')).toBe(false);
    expect((await browser.open(`${sample.bff}/`)).title).toBe('The same bank, without a token in the browser');
  });

  it('sets cookies that scripts and other sites cannot use, and a policy without scripts', async () => {
    const welcome = await new WebBrowser().open(`${sample.bff}/`);
    expect(welcome.headers.getSetCookie()).toEqual([]);
    expect(welcome.headers.get('cache-control')).toBe('no-store');
    expect(welcome.headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' ${sample.issuer}; base-uri 'none'; frame-ancestors 'none'`,
    );
    const browser = new WebBrowser();
    await signIn(browser, ADA);
    const lines = browser.history
      .filter(({ url }) => url.origin === sample.bff)
      .flatMap(({ headers }) => headers.getSetCookie());
    expect(lines.map((line) => line.replace(/^([^=]+)=[^;]+/, '$1=…').replace(/Expires=[^;]+/, 'Expires=…'))).toEqual([
      'bff-sign-in=…; Max-Age=900; Path=/; Expires=…; HttpOnly; SameSite=Lax',
      'bff-sign-in=; Path=/; Expires=…; HttpOnly; SameSite=Lax',
      'bff=…; Path=/; Expires=…; HttpOnly; SameSite=Lax',
    ]);
    expect((await browser.open(`${sample.bff}/style.css`)).status).toBe(200);
  });

  it('the three servers serve one palette', async () => {
    const origins = [sample.bff, sample.bank, sample.issuer];
    const responses = await Promise.all(origins.map((origin) => fetch(`${origin}/palette.css`)));
    const types = responses.map(({ headers }) => headers.get('content-type')?.toLowerCase());
    expect(types).toEqual(Array(3).fill('text/css; charset=utf-8'));
    expect(new Set(await Promise.all(responses.map((response) => response.text()))).size).toBe(1);
  });
});

describe('a server as the client, with authorization servers of all kinds', () => {
  let server: TestAuthorizationServer;
  let bff: ListeningServer;
  let bank: ListeningServer;
  const closing: (() => Promise<void>)[] = [];

  async function start({
    behavior = 'honors',
    api,
  }: {
    behavior?: AuthorizationBehavior;
    api?: Parameters<typeof createServer>[1];
  } = {}): Promise<{ bytesKept: () => { sessions: number; pending: number } }> {
    [bank, bff] = [await listen(0), await listen(0)];
    closing.push(bank.close, bff.close);
    server = await createTestAuthorizationServer({
      audience: bank.url,
      behavior,
      acrValuesSupported: ['phr', 'urn:example:mfa', 'urn:example:pwd'],
    });
    closing.push(server.close);
    server.subject = 'ada';
    server.registerClient({ clientId: 'bff', clientSecret: 'a secret', redirectUris: [`${bff.url}/callback`] });
    if (api === undefined) {
      const app = await NestFactory.create<NestExpressApplication>(
        BankModule.forRoot({ issuer: server.issuer, audience: bank.url }),
        { logger: false, abortOnError: false },
      );
      await app.init();
      bank.server.on('request', app.getHttpAdapter().getInstance());
      closing.push(() => app.close());
    } else bank.server.on('request', api);
    const app = await createBff({
      url: bff.url,
      issuer: server.issuer,
      bank: bank.url,
      clientId: 'bff',
      clientSecret: 'a secret',
      scope: 'bank',
    });
    app.useLogger(false);
    bff.server.on('request', app.getHttpAdapter().getInstance());
    closing.push(() => app.close());
    return { bytesKept: () => ({ sessions: app.get(SessionStore).bytes, pending: app.get(UserStore).bytes }) };
  }

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const signIn = (browser: WebBrowser) => browser.open(`${bff.url}/sign-in`);
  const steppedUp = async (browser: WebBrowser) => browser.submit(await signIn(browser), TRANSFER);

  async function balance(): Promise<number> {
    const authorization = `Bearer ${await server.accessToken({ subject: 'ada' })}`;
    const response = await fetch(`${bank.url}/accounts`, { headers: { authorization } });
    return ((await response.json()) as { accounts: { balance: number }[] }).accounts[0]?.balance ?? Number.NaN;
  }

  it('C-31 C-34 C-36 C-44 C-46 asks for what the challenge asks for, with everything fresh', async () => {
    await start();
    const browser = new WebBrowser();
    const accounts = await signIn(browser);
    const away = { stopBefore: ({ origin }: URL) => origin === server.issuer };
    const [first, second] = [
      Object.fromEntries((await browser.submit(accounts, TRANSFER, away)).url.searchParams),
      Object.fromEntries((await browser.submit(accounts, TRANSFER, away)).url.searchParams),
    ];
    expect(first['acr_values']?.split(' ')[0]).toBe('urn:example:mfa');
    expect(first).toMatchObject({
      max_age: '300',
      scope: 'openid bank',
      resource: bank.url,
      login_hint: 'ada',
      response_type: 'code',
      client_id: 'bff',
      redirect_uri: `${bff.url}/callback`,
      code_challenge_method: 'S256',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(first[name]).toMatch(/^[\w-]{43}$/);
      expect(second[name]).not.toBe(first[name]);
    }
  });

  it('two requirements, one after the other: the route asks, then the handler', async () => {
    await start();
    const browser = new WebBrowser();
    const accounts = await signIn(browser);
    const confirm = await browser.submit(accounts, { ...TRANSFER, amount: '1500' });
    expect(confirm.title).toBe('Confirm your transfer');
    const confirmAgain = await browser.submit(confirm, {});
    expect(confirmAgain.title).toBe('Confirm your transfer');
    expect(confirmAgain.url.href).not.toBe(confirm.url.href);
    expect(server.authorizationRequests.at(-1)?.['acr_values']).toBe('phr');
    const done = await browser.submit(confirmAgain, {});
    expect(done.html).toContain('€\u00a01,500.00 from ada-everyday to bob-everyday.');
    expect(await balance()).toBe(980_50);
  });

  it.each<[behavior: AuthorizationBehavior, outcome: string]>([
    ['ignoresAcrValues', 'acr_unmet'],
    ['omitsAuthTime', 'auth_time_missing'],
    ['authTimeInMilliseconds', 'auth_time_invalid'],
  ])('C-54 C-55 C-58 %s: stops, says why, keeps the old session, and asks no user twice', async (behavior, outcome) => {
    await start({ behavior });
    const browser = new WebBrowser();
    const stopped = await steppedUp(browser);
    expect([stopped.status, stopped.title]).toEqual([502, 'The sign-in was not strong enough']);
    expect(stopped.html).toContain(`The reason is ${outcome}.`);
    expect(stopped.html).toContain(AS_BEFORE);
    expect(server.authorizationRequests).toHaveLength(2);

    const accounts = await browser.open(`${bff.url}/`);
    expect(accounts.title).toBe('Accounts');
    const again = await browser.submit(accounts, TRANSFER);
    expect([again.status, again.title]).toEqual([502, 'Signing in again does not help']);
    expect(server.authorizationRequests).toHaveLength(2);
    expect(await balance()).toBe(2480_50);
  });

  it.each<[behavior: AuthorizationBehavior, title: string]>([
    ['declines', 'You cancelled the sign-in'],
    ['failsUnmet', 'You cannot sign in strongly enough'],
  ])('C-50 C-51 %s: the user may try again, as long as they like', async (behavior, title) => {
    await start({ behavior });
    const browser = new WebBrowser();
    for (const _ of [1, 2, 3]) {
      expect((await steppedUp(browser)).title).toBe(title);
    }
    server.behavior = 'honors';
    expect((await browser.submit(await browser.open(`${bff.url}/`), TRANSFER)).title).toBe('Confirm your transfer');
  });

  it('C-44 another user who signs in on the way does not step this session up', async () => {
    await start();
    const browser = new WebBrowser();
    const accounts = await signIn(browser);
    server.subject = 'bob';
    const stopped = await browser.submit(accounts, TRANSFER);
    expect([stopped.status, stopped.title]).toEqual([403, 'Somebody else signed in']);
    expect((await browser.open(`${bff.url}/`)).html).toContain('Signed in as <strong>ada</strong>');
    expect(await balance()).toBe(2480_50);
  });

  it('C-53 an answer of another issuer is refused before its code is used, and only once', async () => {
    await start();
    const browser = new WebBrowser();
    const accounts = await signIn(browser);
    const { url: callback } = await browser.submit(accounts, TRANSFER, { stopBefore: isCallback });
    const forged = new URL(callback);
    forged.searchParams.set('iss', 'https://other.example');
    const refused = await browser.open(forged);
    expect([refused.status, refused.title]).toEqual([502, 'The answer cannot be trusted']);
    expect((await browser.open(callback)).title).toBe('This answer is not for you');
    expect((await browser.open(`${bff.url}/`)).title).toBe('Accounts');
  });

  it('a callback counts once, for the session that began it, and not at all for others', async () => {
    await start();
    const browser = new WebBrowser();
    const accounts = await signIn(browser);
    const { url: callback } = await browser.submit(accounts, TRANSFER, { stopBefore: isCallback });

    const stranger = new WebBrowser();
    expect((await stranger.open(callback)).title).toBe('This answer is not for you');
    await signIn(stranger);
    const misled = await stranger.open(callback);
    expect([misled.status, misled.title]).toEqual([400, 'This answer is not for you']);

    const [one, other] = await Promise.all([browser.open(callback), browser.open(callback)]);
    expect([one.title, other.title].sort()).toEqual(['Confirm your transfer', 'This answer is not for you']);
    expect((await browser.open(callback)).status).toBe(400);
    for (const forged of ['', '?state=', '?code=a&state=b', '?error=access_denied&state=b', '?state=a&state=b']) {
      expect((await browser.open(`${bff.url}/callback${forged}`)).status).toBe(400);
    }
    expect((await browser.open(`${bff.url}/`)).title).toBe('Accounts');
  });

  it('what is pending is shown to its own session alone, and sent once', async () => {
    await start();
    const browser = new WebBrowser();
    const confirm = await steppedUp(browser);
    const stranger = new WebBrowser();
    const own = await signIn(stranger);
    const csrf = /name="csrf" value="(.*?)"/.exec(own.html)?.[1] ?? '';

    expect((await stranger.open(confirm.url)).status).toBe(404);
    expect((await stranger.post(confirm.url, new URLSearchParams({ csrf }))).status).toBe(404);
    const [one, other] = await Promise.all([browser.submit(confirm, {}), browser.submit(confirm, {})]);
    expect([one.title, other.title].sort()).toEqual(['Accounts', 'This transfer is not waiting']);
    expect(await balance()).toBe(2455_50);
  });

  it('what is pending is forgotten by signing out, for the same user and for others', async () => {
    await start();
    const browser = new WebBrowser();
    const confirm = await steppedUp(browser);
    await browser.submit({ ...confirm, html: confirm.html.split('</header>')[0] ?? '' }, {});
    expect((await browser.open(confirm.url)).status).toBe(401);
    for (const subject of ['ada', 'bob']) {
      server.subject = subject;
      const accounts = await signIn(browser);
      expect(accounts.html).toContain(`Signed in as <strong>${subject}</strong>`);
      expect((await browser.open(confirm.url)).status).toBe(404);
      await browser.submit({ ...accounts, html: accounts.html.split('</header>')[0] ?? '' }, {});
    }
  });

  it('another sign-in in the same browser is another session, with other forms and nothing pending', async () => {
    await start();
    const browser = new WebBrowser();
    const { url: second } = await browser.open(`${bff.url}/sign-in`, { stopBefore: isCallback });
    const { url: third } = await browser.open(`${bff.url}/sign-in`, { stopBefore: isCallback });
    const confirm = await browser.submit(await browser.open(second), TRANSFER);
    expect(confirm.title).toBe('Confirm your transfer');
    expect((await browser.open(third)).title).toBe('This answer is not for you');
    expect((await browser.open(confirm.url)).status).toBe(200);
  });

  it('what is pending is forgotten after five minutes', async () => {
    await start();
    const browser = new WebBrowser();
    const confirm = await steppedUp(browser);
    later(299);
    expect((await browser.open(confirm.url)).status).toBe(200);
    later(2);
    expect((await browser.open(confirm.url)).status).toBe(404);
    expect((await browser.submit(confirm, {})).title).toBe('This transfer is not waiting');
  });

  it('AT-11 thousands of strangers at the sign-in displace nothing that a user waits for, and take no memory', async () => {
    const { bytesKept } = await start();
    const [steppingUp, confirming, signingIn] = [new WebBrowser(), new WebBrowser(), new WebBrowser()];
    const [accounts, otherAccounts] = [await signIn(steppingUp), await signIn(confirming)];
    const { url: stepUpCallback } = await steppingUp.submit(accounts, TRANSFER, { stopBefore: isCallback });
    const confirm = await confirming.submit(otherAccounts, TRANSFER);
    const { url: signInCallback } = await signingIn.open(`${bff.url}/sign-in`, { stopBefore: isCallback });
    const before = bytesKept();

    for (let sent = 0; sent < STRANGERS; sent += 50) {
      const batch = Array.from({ length: 50 }, () => fetch(`${bff.url}/sign-in`, { redirect: 'manual' }));
      for (const response of await Promise.all(batch)) await response.body?.cancel();
    }

    expect(bytesKept()).toEqual(before);
    expect({
      signIn: (await signingIn.open(signInCallback)).title,
      stepUp: (await steppingUp.open(stepUpCallback)).title,
      confirmation: (await confirming.submit(confirm, {})).title,
    }).toEqual({ signIn: 'Accounts', stepUp: 'Confirm your transfer', confirmation: 'Accounts' });
  });

  it('a sign-in is found in its own browser, for fifteen minutes, and with the cookie of this server alone', async () => {
    await start();
    const browser = new WebBrowser();
    const begin = async () => (await browser.open(`${bff.url}/sign-in`, { stopBefore: isCallback })).url;
    const callback = await begin();
    const sealed = browser.cookie('bff-sign-in') ?? '';
    for (const cookie of ['', 'bff-sign-in=', 'bff-sign-in=a.b.c.d.e', `bff-sign-in=${sealed.slice(0, -4)}AAAA`]) {
      expect((await fetch(callback, { headers: { cookie } })).status).toBe(400);
    }
    later(901);
    expect((await browser.open(callback)).title).toBe('This answer is not for you');
    expect((await browser.open(await begin())).title).toBe('Accounts');
  });

  it('a user who begins step-ups without end displaces their own alone, and takes 32 KiB at most', async () => {
    const { bytesKept } = await start();
    const [ada, bob] = [new WebBrowser(), new WebBrowser()];
    const accounts = await signIn(ada);
    server.subject = 'bob';
    const { url: callback } = await bob.submit(
      await signIn(bob),
      { ...TRANSFER, from: 'bob-everyday', to: 'ada-everyday' },
      { stopBefore: isCallback },
    );
    const bytesOfBob = bytesKept().pending;

    const away = { stopBefore: ({ origin }: URL) => origin === server.issuer };
    for (let sent = 0; sent < 100; sent += 1) await ada.submit(accounts, TRANSFER, away);

    const bytesOfAda = bytesKept().pending - bytesOfBob;
    expect(bytesOfAda).toBeGreaterThan(30_000);
    expect(bytesOfAda).toBeLessThanOrEqual(32_768);
    expect((await bob.open(callback)).title).toBe('Confirm your transfer');
  });

  it('a sixth sign-in of a user ends the first session of the same user, and of no other one', async () => {
    const { bytesKept } = await start();
    const [first, bob] = [new WebBrowser(), new WebBrowser()];
    await signIn(first);
    server.subject = 'bob';
    await signIn(bob);
    server.subject = 'ada';
    for (let signIns = 2; signIns <= 5; signIns += 1) await signIn(new WebBrowser());
    expect((await first.open(`${bff.url}/`)).title).toBe('Accounts');
    const before = bytesKept().sessions;

    for (let signIns = 6; signIns <= 10; signIns += 1) await signIn(new WebBrowser());
    expect(bytesKept().sessions).toBe(before);
    expect((await first.open(`${bff.url}/`)).title).toBe('The same bank, without a token in the browser');
    expect((await bob.open(`${bff.url}/`)).title).toBe('Accounts');
  });

  it.each([
    ['none', ''],
    ['an empty one', 'csrf='],
    ["another session's", 'csrf=OTHER'],
    ['two', 'csrf=a&csrf=b'],
  ])('a form with %s for a token is refused, stores nothing, and moves nothing', async (_, csrf) => {
    await start();
    const browser = new WebBrowser();
    await signIn(browser);
    const other = /name="csrf" value="(.*?)"/.exec((await signIn(new WebBrowser())).html)?.[1] ?? '';
    expect(other).toHaveLength(43);
    const form = new URLSearchParams(`${new URLSearchParams(TRANSFER)}&${csrf.replace('OTHER', other)}`);
    const requests = server.authorizationRequests.length;
    for (const path of ['/transfers', '/transfers/any', '/sign-out']) {
      const refused = await browser.post(bff.url + path, form);
      expect([refused.status, refused.title]).toEqual([403, 'This form is not from here']);
      expect((await new WebBrowser().post(bff.url + path, form)).status).toBe(403);
    }
    expect(server.authorizationRequests).toHaveLength(requests);
    expect((await browser.open(`${bff.url}/`)).title).toBe('Accounts');
    expect(await balance()).toBe(2480_50);
  });

  describe('an API that is never satisfied', () => {
    const challenging: Parameters<typeof createServer>[1] = (request, response) => {
      if (request.url === '/accounts') {
        response
          .setHeader('content-type', 'application/json')
          .end('{"accounts":[{"number":"ada-everyday","name":"A","balance":248050}]}');
        return;
      }
      const challenge = 'Bearer error="insufficient_user_authentication", acr_values="urn:example:mfa", max_age="60"';
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    };

    it('C-58 stops after one sign-in that did what it asked', async () => {
      await start({ api: challenging });
      const browser = new WebBrowser();
      const confirm = await steppedUp(browser);
      expect(confirm.title).toBe('Confirm your transfer');
      const requests = server.authorizationRequests.length;
      const looped = await browser.submit(confirm, {});
      expect([looped.status, looped.title]).toEqual([502, 'Signing in again does not help']);
      expect(server.authorizationRequests).toHaveLength(requests);
    });

    it('asks again for the next transfer, where the bank wants that each time', async () => {
      let asked = 0;
      await start({
        api: (request, response) => {
          response.setHeader('content-type', 'application/json');
          if (request.url === '/accounts') return response.end('{"accounts":[]}');
          asked += 1;
          if (asked % 2 === 0) return response.writeHead(201).end('{}');
          const challenge = 'Bearer error="insufficient_user_authentication", acr_values="urn:example:mfa"';
          return response.writeHead(401, { 'www-authenticate': challenge }).end();
        },
      });
      const browser = new WebBrowser();
      let page = await signIn(browser);
      for (const _ of [1, 2, 3]) {
        const confirm = await browser.submit(page, TRANSFER);
        expect(confirm.title).toBe('Confirm your transfer');
        page = await browser.submit(confirm, {});
        expect(page.title).toBe('Accounts');
      }
    });

    it('asks again where the sign-in has become too old in the meantime, which is no loop', async () => {
      await start({ api: challenging });
      const browser = new WebBrowser();
      const confirm = await steppedUp(browser);
      later(70);
      const requests = server.authorizationRequests.length;
      expect((await browser.submit(confirm, {})).title).toBe('Confirm your transfer');
      expect(server.authorizationRequests).toHaveLength(requests + 1);
    });
  });

  describe('what is down is said to be down', () => {
    it('the authorization server, at the sign-in', async () => {
      await start();
      server.setUnavailable(true);
      const browser = new WebBrowser();
      const down = await signIn(browser);
      expect([down.status, down.title]).toEqual([503, 'The authorization server cannot be reached']);
      server.setUnavailable(false);
      expect((await signIn(browser)).title).toBe('Accounts');
    });

    it('the authorization server, on the way back: the old session goes on, and the user may try again', async () => {
      await start();
      const browser = new WebBrowser();
      const accounts = await signIn(browser);
      const { url: callback } = await browser.submit(accounts, TRANSFER, { stopBefore: isCallback });
      server.setUnavailable(true);
      const down = await browser.open(callback);
      expect([down.status, down.title]).toEqual([503, 'The authorization server cannot be reached']);
      expect((await browser.open(`${bff.url}/`)).title).toBe('Accounts');
      server.setUnavailable(false);
      expect((await browser.submit(accounts, TRANSFER)).title).toBe('Confirm your transfer');
    });

    it('the bank', async () => {
      await start();
      const browser = new WebBrowser();
      const accounts = await signIn(browser);
      await bank.close();
      const down = await browser.submit(accounts, TRANSFER);
      expect([down.status, down.title]).toEqual([503, 'The bank cannot be reached']);
      expect(down.html).toContain('Nothing was transferred.');
      expect((await browser.open(`${bff.url}/`)).title).toBe('The bank cannot be reached');
    });

    it('a bank that breaks off in the middle of a transfer: the outcome is not known, and the page says so', async () => {
      await start({
        api: (request, response) => {
          if (request.url === '/accounts')
            response.setHeader('content-type', 'application/json').end('{"accounts":[]}');
          else request.socket.destroy();
        },
      });
      const browser = new WebBrowser();
      const down = await browser.submit(await signIn(browser), TRANSFER);
      expect(down.status).toBe(503);
      expect(down.html).toContain('Whether the transfer went through is not known');
    });

    it('RFC 6750 a token the bank does not accept any more ends the session, without a step-up', async () => {
      await start();
      const browser = new WebBrowser();
      const accounts = await signIn(browser);
      later(310);
      const ended = await browser.submit(accounts, TRANSFER);
      expect([ended.status, ended.title]).toEqual([401, 'Sign in again']);
      expect(server.authorizationRequests).toHaveLength(1);
      expect((await browser.open(`${bff.url}/`)).title).toBe('The same bank, without a token in the browser');
    });
  });
});
