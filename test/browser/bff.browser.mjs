import assert from 'node:assert/strict';
import { BffPage } from './bff-page.mjs';
import { scenario } from './scenario.mjs';
import { assertMarked } from './visible.mjs';

const LAPTOP = { viewport: { width: 1280, height: 720 } };
/** A browser that runs no scripts. */
const NO_SCRIPTS = { javaScriptEnabled: false };

scenario(
  'on a server: password, then one-time code, then transfer, without a script in the browser',
  async ({ bank, sample }) => {
    const bff = new BffPage(bank.page, sample, 'bff-transfer');
    await bff.signIn('ada');
    await bff.transfer('25');
    await bff.enterCode();
    await bff.is('Confirm your transfer');
    assert.deepEqual(await bff.steps(), ['done', 'done', 'done', 'done', 'ahead', 'ahead']);
    await bff.press('Transfer now');
    await bff.is('Transferred');
    assert.deepEqual(await bff.balances(), ['€\u00a02,455.50', '€\u00a012,000.00']);
    assert.deepEqual(await bff.steps(), Array(6).fill('done'));
  },
  NO_SCRIPTS,
);

scenario(
  'on a server: the challenge is seen at 1280 x 720, in the headers that came',
  async ({ bank, sample }) => {
    const bff = new BffPage(bank.page, sample, 'bff-challenge');
    await bff.signIn('ada');
    await bff.transfer('25');
    await bff.enterCode();
    await bff.is('Confirm your transfer');
    await assertMarked(
      bff.page,
      'insufficient_user_authentication',
      'acr_values="urn:example:mfa phr"',
      'max_age="300"',
    );
  },
  LAPTOP,
);

scenario(
  'on a server: bob presses Transfer with the form as it comes up, and is told what he lacks',
  async ({ bank, sample }) => {
    const bff = new BffPage(bank.page, sample, 'bff-bob');
    await bff.signIn('bob');
    await bff.transfer('25');
    await bff.is('You cannot sign in strongly enough');
    assert.match(await bff.page.textContent('#inspector-line'), /unmet_authentication_requirements/);
    assert.deepEqual(await bff.steps(), ['done', 'done', 'done', 'stopped', 'ahead', 'ahead']);
  },
  LAPTOP,
);

scenario(
  'on a server: wrong amounts are refused at the field, by the browser or by the server',
  async ({ bank, sample }) => {
    const bff = new BffPage(bank.page, sample, 'bff-amounts');
    await bff.signIn('ada');
    const sent = [];
    bff.page.on('request', (request) => sent.push(request.url()));
    for (const amount of ['0', '0,00', '-1', 'ten', '12345678', '1.001']) {
      await bff.transfer(amount);
      assert.equal(await bff.page.locator('#amount:invalid').count(), 1, amount);
    }
    assert.deepEqual(sent, []);
    // what the browser does not know
    await bff.transfer('2480.51');
    await bff.page.locator('#amount-problem', { hasText: 'There are only €\u00a02,480.50 in this account.' }).waitFor();
    assert.equal(await bff.page.inputValue('#amount'), '2480.51');
  },
);

scenario('on a server: localhost does as well', async ({ bank, sample }) => {
  const bff = new BffPage(bank.page, sample, 'bff-localhost');
  await bff.signIn('ada', sample.bff.replace('127.0.0.1', 'localhost'));
  assert.equal(new URL(bff.page.url()).origin, sample.bff);
});

scenario('on a server: a second transfer of the session, and one that the bank refuses', async ({ bank, sample }) => {
  const bff = new BffPage(bank.page, sample, 'bff-second');
  await bff.signIn('ada');
  await bff.transfer('25');
  await bff.enterCode();
  await bff.press('Transfer now');
  await bff.is('Transferred');
  await bff.transfer('1,00');
  await bff.is('Transferred');
  assert.deepEqual(await bff.steps(), ['done', 'skipped', 'skipped', 'skipped', 'skipped', 'done']);
  assert.match(await bff.page.textContent('#inspector-line'), /no challenge, no step-up/);
});

scenario('the two ways to the bank lead to each other', async ({ bank, sample }) => {
  await bank.goto();
  await bank.is('signed-out');
  await bank.page.getByRole('link', { name: 'on a server' }).click();
  await bank.page.waitForURL(`${sample.bff}/`);
  await bank.page.getByRole('link', { name: 'Tokens in the browser' }).click();
  await bank.page.waitForURL(`${sample.bank}/`);
});

scenario(
  'without JavaScript, and with a browser that is not sent on, the page has a link and nothing that waits',
  async ({ bank, sample }) => {
    await bank.page.route('**/on-a-server', (route) => route.fulfill({ status: 204 }));
    await bank.goto();
    await bank.page.getByRole('heading', { name: 'Without JavaScript' }).waitFor();
    assert.deepEqual(await bank.page.locator('#loading, #inspector').filter({ visible: true }).count(), 0);
    await bank.shot('without-javascript');
    await bank.page.unroute('**/on-a-server');
    await bank.page.getByRole('link', { name: 'The bank on a server' }).click();
    await bank.page.waitForURL(`${sample.bff}/`);
  },
  NO_SCRIPTS,
);

scenario(
  'without JavaScript the page sends its visitor to the server',
  async ({ bank, sample }) => {
    await bank.goto();
    await bank.page.waitForURL(`${sample.bff}/`);
    await new BffPage(bank.page, sample, 'no-scripts').is('The same bank, without a token in the browser');
  },
  NO_SCRIPTS,
);
