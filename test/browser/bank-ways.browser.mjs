import assert from 'node:assert/strict';
import { scenario } from './scenario.mjs';
import { assertMarked } from './visible.mjs';

const DONE = ['done', 'done', 'done', 'done', 'done', 'done'];

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

scenario('a socket whose token is refused is closed with 4401, and the page gets a new token', async ({ bank }) => {
  await bank.signIn('ada');
  await bank.page.evaluate(async () => {
    const { session } = await import('/session.mjs');
    session.accessToken = `${session.accessToken.slice(0, -8)}AAAAAAAA`;
  });
  await bank.transfer('25', 'WebSocket');
  await bank.says('You were away for a while');
  const shown = await bank.page.locator('#steps').textContent();
  assert.match(shown, /"error": "invalid_token".*WebSocket close 4401 to the page\s+invalid_token/s);
});

scenario('the close code alone is enough to get a new token', async ({ bank }) => {
  await bank.signIn('ada');
  await bank.page.routeWebSocket('**/socket', (socket) => socket.close({ code: 4401 }));
  await bank.transfer('25', 'WebSocket');
  await bank.says('You were away for a while');
  assert.match(await bank.page.locator('#steps').textContent(), /WebSocket close 4401 to the page/);
});

scenario('an exception that names no error is no receipt', async ({ bank }) => {
  await bank.signIn('ada');
  await bank.page.routeWebSocket('**/socket', (socket) => {
    const data = { status: 'error', message: 'Internal server error' };
    socket.onMessage(() => socket.send(JSON.stringify({ event: 'exception', data })));
  });
  await bank.transfer('25', 'WebSocket');
  await bank.says('The bank has not done this');
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
