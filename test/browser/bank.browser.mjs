import assert from 'node:assert/strict';
import { scenario } from './scenario.mjs';

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
