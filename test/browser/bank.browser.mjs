import assert from 'node:assert/strict';
import { scenario } from './scenario.mjs';
import { assertMarked } from './visible.mjs';

const DONE = ['done', 'done', 'done', 'done', 'done', 'done'];
const STOPPED_AT_3 = ['done', 'done', 'stopped', 'ahead', 'ahead', 'ahead'];
const STOPPED_AT_4 = ['done', 'done', 'done', 'stopped', 'ahead', 'ahead'];

scenario('password, then one-time code, then transfer', async ({ bank, context }) => {
  await bank.signIn('ada');
  const [before] = await bank.balances();
  await bank.transfer('25');
  await bank.is('challenged');
  await bank.press('Continue');
  await bank.enterCode();
  await bank.is('satisfied');
  assert.deepEqual((await bank.balances())[0], before, 'coming back transfers nothing');
  await bank.press('Transfer now');
  await bank.hasTransferred();
  assert.deepEqual(await bank.steps(), DONE);
  assert.notEqual((await bank.balances())[0], before);

  // the sign-in is good for the next one too, and for the one after a page load
  await bank.page.reload();
  await bank.is('signed-in');
  await bank.transfer('12,50');
  await bank.hasTransferred();
  const stored = await bank.page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
  assert.doesNotMatch(stored, /eyJ[\w-]+\.[\w-]+\./, 'no token is stored');
  assert.deepEqual(
    (await context.cookies()).filter(({ domain }) => domain === '127.0.0.1'),
    [],
  );
});

const CHALLENGES = [
  ['HTTP', 'acr_values="urn:example:mfa phr"', 'max_age="300"', /^POST \/transfers HTTP/],
  ['GraphQL', '"acr_values": "urn:example:mfa phr"', '"max_age": 300', /^POST \/graphql HTTP[^{]*mutation Transfer/s],
  ['WebSocket', '"acr_values": "urn:example:mfa phr"', '"max_age": 300', /^GET \/socket HTTP.*\nUpgrade: websocket/s],
];

for (const [way, acrValues, maxAge, request] of CHALLENGES) {
  scenario(
    `the challenge by ${way} is seen at 1280 x 720, and the transfer goes through the same way`,
    async ({ bank }) => {
      await bank.signIn('ada');
      await bank.transfer('25', way);
      await bank.is('challenged');
      await assertMarked(bank.page, 'insufficient_user_authentication', acrValues, maxAge);
      assert.match(await bank.page.locator('#steps pre').first().textContent(), request);
      await bank.press('Continue');
      await bank.enterCode();
      await bank.is('satisfied');
      assert.equal(await bank.page.getByRole('radio', { name: way, exact: true }).isChecked(), true);
      await bank.press('Transfer now');
      await bank.hasTransferred();
      assert.deepEqual(await bank.steps(), DONE);
      assert.deepEqual(await bank.balances(), ['€\u00a02,455.50', '€\u00a012,000.00']);
      const shown = await bank.page.locator('#steps').textContent();
      assert.doesNotMatch(shown, /eyJ[\w-]{30,}/, 'tokens are cut short');
      if (way === 'WebSocket') assert.match(shown, /WebSocket close 1000 to the bank/);
    },
    { viewport: { width: 1280, height: 720 } },
  );
}

scenario('a socket whose token has expired is closed with 4401, and the page gets a new token', async ({ bank }) => {
  await bank.signIn('ada');
  // in place of the token, one that the bank does not accept
  await bank.page.routeWebSocket('**/socket', (socket) => socket.close({ code: 4401 }));
  await bank.transfer('25', 'WebSocket');
  await bank.says('You were away for a while');
  assert.match(await bank.page.locator('#steps').textContent(), /WebSocket close 4401 to the page/);
});

scenario('a socket that breaks tells nothing about the transfer', async ({ bank }) => {
  await bank.signIn('ada');
  await bank.page.routeWebSocket('**/socket', (socket) => socket.close({ code: 1011 }));
  await bank.transfer('25', 'WebSocket');
  await bank.says('The bank cannot be reached');
});

const WRONG_AMOUNTS = [
  ['0', 'Transfer at least 0.01.'],
  ['0.00', 'Transfer at least 0.01.'],
  ['-1', 'Write euros such as 25 or 25.00.'],
  ['ten', 'Write euros such as 25 or 25.00.'],
  ['1e3', 'Write euros such as 25 or 25.00.'],
  ['12345678', 'Write euros such as 25 or 25.00.'],
  ['1.001', 'Write euros such as 25 or 25.00.'],
  ['2480.51', 'There are only €\u00a02,480.50 in this account.'],
];

scenario('wrong amounts are refused at the field, and nothing is sent', async ({ bank, sample }) => {
  await bank.signIn('ada');
  const sent = [];
  bank.page.on('request', (request) => sent.push(request.url()));
  for (const [amount, problem] of WRONG_AMOUNTS) {
    await bank.transfer(amount);
    assert.equal(await bank.page.textContent('#amount-problem'), problem);
    assert.equal(await bank.page.getAttribute('#amount', 'aria-invalid'), 'true');
  }
  assert.deepEqual(sent, []);
  await bank.page.selectOption('#from', 'ada-savings');
  assert.equal(await bank.page.textContent('#amount-problem'), '', 'this account has enough');
  await bank.transfer('25');
  await bank.is('challenged');
  assert.ok(sent.includes(`${sample.bank}/transfers`));
});

scenario('localhost does as well, passkeys included', async ({ bank, sample, context }) => {
  const { credentials } = await virtualAuthenticator(context, bank.page);
  await bank.goto(sample.bank.replace('127.0.0.1', 'localhost'));
  await bank.is('signed-out');
  assert.equal(new URL(bank.page.url()).origin, sample.bank);
  await bank.signIn('ada');
  await bank.transfer('1500');
  await bank.is('challenged');
  await bank.press('Continue');
  await bank.enterCode();
  await bank.is('satisfied');
  await bank.press('Transfer now');
  await bank.says('This takes a passkey');
  await bank.press('Continue');
  await bank.enterCode();
  await bank.usePasskey('Create a passkey');
  await bank.usePasskey('Use a passkey');
  await bank.is('satisfied');
  assert.deepEqual(
    (await credentials()).map(({ rpId }) => rpId),
    ['localhost'],
  );
});

/** A device that makes passkeys. */
async function virtualAuthenticator(context, page) {
  const devices = await context.newCDPSession(page);
  await devices.send('WebAuthn.enable');
  const { authenticatorId } = await devices.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    credentials: async () => (await devices.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    lose: () => devices.send('WebAuthn.clearCredentials', { authenticatorId }),
  };
}

scenario('a large transfer takes a passkey, in a second round', async ({ bank, context }) => {
  const { credentials } = await virtualAuthenticator(context, bank.page);
  await bank.signIn('ada');
  await bank.transfer('1500');
  await bank.is('challenged');
  await bank.press('Continue');
  await bank.enterCode();
  await bank.is('satisfied');
  await bank.press('Transfer now');
  await bank.says('This takes a passkey');
  await bank.is('challenged');
  await bank.press('Continue');
  await bank.enterCode();
  await bank.usePasskey('Create a passkey');
  await bank.usePasskey('Use a passkey');
  await bank.is('satisfied');
  assert.equal(await bank.page.textContent('#acr-after'), 'phr');
  await bank.press('Transfer now');
  await bank.hasTransferred();
  const [{ rpId }] = await credentials();
  assert.equal(rpId, 'localhost');
});

scenario('a lost passkey is replaced, after a one-time code', async ({ bank, context, sample }) => {
  const { credentials, lose } = await virtualAuthenticator(context, bank.page);
  /** As a client that needs a passkey, without the bank in between: codes are few in half a minute. */
  const signIn = async () => {
    const url = new URL('/auth', sample.issuer);
    url.search = new URLSearchParams({
      client_id: 'bank-page',
      response_type: 'code',
      redirect_uri: `${sample.bank}/`,
      scope: 'openid bank',
      acr_values: 'phr',
      max_age: '0',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    await bank.page.goto(url.href);
    if (await bank.page.locator('[name=name]').isEditable()) await bank.page.fill('[name=name]', 'ada');
    await bank.page.fill('[name=password]', 'lovelace');
    await bank.confirm();
  };

  await signIn();
  await bank.enterCode();
  await bank.usePasskey('Create a passkey');
  await bank.usePasskey('Use a passkey');
  await bank.page.waitForURL(`${sample.bank}/**`);
  const [before] = await credentials();

  await lose();
  await signIn();
  await bank.usePasskey('Use a passkey');
  await bank.page.getByText('this device has no such passkey').waitFor();
  await bank.press('Create another one here');
  await bank.enterCode();
  await bank.usePasskey('Create a passkey');
  await bank.usePasskey('Use a passkey');
  await bank.page.waitForURL(`${sample.bank}/**`);
  const [after] = await credentials();
  assert.notEqual(after.credentialId, before.credentialId);
});

scenario('the user declines, on the page and at the authorization server', async ({ bank }) => {
  await bank.signIn('ada');
  const before = await bank.balances();
  await bank.transfer('25');
  await bank.is('challenged');
  await bank.press('Not now');
  await bank.is('declined');
  assert.equal(await bank.page.inputValue('#amount'), '25');

  await bank.transfer('25');
  await bank.is('challenged');
  await bank.press('Continue');
  await bank.page.click('button[value=cancel]');
  await bank.is('declined');
  assert.deepEqual(await bank.steps(), STOPPED_AT_4);
  await bank.assertBalances(before);
});

scenario('a user without a second factor is told so', async ({ bank }) => {
  await bank.signIn('bob');
  const before = await bank.balances();
  await bank.transfer('25');
  await bank.is('challenged');
  await bank.press('Continue');
  await bank.is('impossible');
  assert.match(await bank.page.textContent('#inspector-line'), /unmet_authentication_requirements/);
  assert.deepEqual(await bank.steps(), STOPPED_AT_4);
  await bank.assertBalances(before);
});

scenario('an authorization server that ignores acr_values is found out', async ({ bank, sample }) => {
  await bank.signIn('ada');
  const before = await bank.balances();
  let asked = 0;
  await bank.page.route(
    (url) => url.href.startsWith(`${sample.issuer}/auth?`) && url.searchParams.has('acr_values'),
    (route) => {
      asked += 1;
      const url = new URL(route.request().url());
      url.searchParams.delete('acr_values');
      url.searchParams.set('prompt', 'none');
      return route.fulfill({ status: 303, headers: { location: url.href } });
    },
  );
  await bank.transfer('25');
  await bank.is('challenged');
  await bank.press('Continue');
  await bank.is('not-satisfied');
  assert.equal(asked, 1);
  assert.deepEqual(await bank.steps(), STOPPED_AT_4);

  // the attempt is remembered across page loads: once more would be a circle, and the user is not asked to go it
  const next = bank.nextState();
  await bank.transfer('25');
  assert.equal(await next, 'not-satisfied');
  assert.equal(asked, 1, 'the user is not sent there again');
  assert.deepEqual(await bank.steps(), STOPPED_AT_3);
  await bank.assertBalances(before);
});

scenario('the authorization server keeps the user waiting', async ({ bank, sample }) => {
  await bank.signIn('ada');
  await bank.page.route(`${sample.issuer}/auth?**`, (route) => route.fulfill({ status: 204 }));
  await bank.transfer('25');
  await bank.is('challenged');
  await bank.press('Continue');
  await bank.is('waiting');
  await bank.page.unroute(`${sample.issuer}/auth?**`);
  await bank.press('Go there again');
  await bank.enterCode();
  await bank.is('satisfied');
});

scenario('a page load in the middle loses neither session nor order', async ({ bank }) => {
  await bank.signIn('ada');
  const before = await bank.balances();
  await bank.transfer('25');
  await bank.is('challenged');
  await bank.press('Continue');
  await bank.page.waitForSelector('[name=code]');
  await bank.page.reload();
  await bank.page.waitForSelector('[name=code]');
  await bank.goto();
  await bank.is('waiting');
  await bank.says('You have not finished confirming');
  assert.deepEqual(await bank.balances(), before);
  assert.equal(await bank.page.inputValue('#amount'), '25.00');

  await bank.press('Transfer');
  await bank.is('challenged');
  await bank.press('Continue');
  await bank.enterCode();
  await bank.is('satisfied');
  await bank.page.reload();
  await bank.is('signed-in');
  assert.deepEqual(await bank.balances(), before, 'a page load transfers nothing');
  await bank.transfer('25');
  await bank.hasTransferred();
});

scenario('a sign-in that has become too old is asked for again', async ({ bank, sample }) => {
  await bank.signIn('ada');
  await bank.transfer('25');
  await bank.is('challenged');
  await bank.press('Continue');
  await bank.enterCode();
  await bank.is('satisfied');
  await bank.press('Transfer now');
  await bank.hasTransferred();

  sample.ageSessions('ada', 600);
  await bank.page.reload();
  await bank.is('signed-in');
  await bank.transfer('30');
  await bank.is('challenged');
  assert.match(await bank.page.textContent('#inspector-line'), /your sign-in is too long ago/);
  assert.equal(await bank.page.textContent('#asked-age'), 'at most 300 s old');
  await bank.press('Continue');
  await bank.page.fill('[name=password]', 'lovelace');
  await bank.confirm();
  await bank.enterCode();
  await bank.is('satisfied');
  assert.match(await bank.page.textContent('#auth-time-after'), /just now/);
  await bank.press('Transfer now');
  await bank.hasTransferred();
});

scenario('without the authorization server, the session goes on', async ({ bank }) => {
  await bank.signIn('ada');
  await bank.page.route('**/.well-known/**', (route) => route.abort());
  await bank.transfer('25');
  await bank.is('challenged');
  await bank.press('Continue');
  await bank.is('server-down');
  await bank.page.unroute('**/.well-known/**');
  await bank.press('Try again');
  await bank.is('challenged');
});

scenario(
  'on a phone in the dark, by keyboard alone',
  async ({ bank }) => {
    await bank.signIn('ada');
    await bank.page.focus('#amount');
    await bank.page.keyboard.type('25');
    await bank.page.keyboard.press('Enter');
    await bank.is('challenged');
    await bank.page.keyboard.press('Tab');
    await bank.page.keyboard.press('Tab');
    await bank.page.keyboard.press('Enter');
    await bank.is('declined');
  },
  { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
);
