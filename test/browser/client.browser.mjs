import assert from 'node:assert/strict';
import { startApi } from './api-of-another-origin.mjs';
import { scenario } from './scenario.mjs';

scenario('two requests at once, one prompt', async ({ bank, context, open }) => {
  await bank.signIn('ada');
  const confirming = await open();
  await context.exposeFunction('stepUpInAnotherTab', async () => {
    await confirming.goto();
    await confirming.is('signed-out');
    await confirming.press('Sign in');
    await confirming.is('signed-in');
    await confirming.transfer('25');
    await confirming.is('challenged');
    await confirming.press('Continue');
    await confirming.enterCode();
    await confirming.is('satisfied');
    return confirming.page.evaluate(async () => (await import('/session.mjs')).session.accessToken);
  });

  const seen = await bank.page.evaluate(async () => {
    const { stepUpFetch } = await import('/vendor/nestjs-step-up/client/index.js');
    const { session } = await import('/session.mjs');
    const events = [];
    let prompts = 0;
    const api = stepUpFetch({
      origins: [location.origin],
      accessToken: () => session.accessToken,
      stepUp: () => {
        prompts += 1;
        return window.stepUpInAnotherTab();
      },
      onEvent: ({ type }) => events.push(type),
    });
    const pay = (amount) =>
      api('/transfers', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ from: 'ada-everyday', to: 'bob-everyday', amount }),
      });
    const responses = await Promise.all([pay(2500), pay(2600)]);
    const amounts = (await Promise.all(responses.map((response) => response.json()))).map(({ amount }) => amount);
    return { prompts, statuses: responses.map(({ status }) => status), amounts, events: events.sort() };
  });
  assert.deepEqual(seen, {
    prompts: 1,
    statuses: [201, 201],
    amounts: [2500, 2600],
    events: ['answered', 'answered', 'challenged', 'challenged', 'joined', 'prompted', 'retried', 'retried'],
  });
});

const crossOrigin = [
  { path: '/exposed', where: 'in a header the API exposes', prompts: 1, status: 200, deviations: [] },
  {
    path: '/hidden',
    where: 'in a hidden header, and in the body',
    prompts: 1,
    status: 200,
    deviations: ['header_not_exposed', 'challenge_in_body'],
  },
  { path: '/bare', where: 'in a hidden header alone', prompts: 0, status: 401, deviations: ['header_not_exposed'] },
];

for (const { path, where, ...expected } of crossOrigin) {
  scenario(
    `an API of another origin: challenge ${where}`,
    async ({ bank }) => {
      const other = await startApi();
      try {
        await bank.goto();
        await bank.is('signed-out');
        const { messages, ...seen } = await bank.page.evaluate(
          async ({ origin, path }) => {
            const { stepUpFetch } = await import('/vendor/nestjs-step-up/client/index.js');
            const deviations = [];
            let prompts = 0;
            const api = stepUpFetch({
              origins: [origin],
              accessToken: () => 'good',
              stepUp: async ({ acrValues, maxAge }) => {
                prompts += 1;
                return acrValues?.join() === 'mfa' && maxAge === 300 ? 'better' : undefined;
              },
              onDeviation: (deviation) => deviations.push(deviation),
            });
            const { status } = await api(origin + path);
            return {
              prompts,
              status,
              deviations: deviations.map(({ code }) => code),
              messages: deviations.map(({ message }) => message),
            };
          },
          { origin: other.url, path },
        );
        assert.deepEqual(seen, expected);
        if (path !== '/exposed') assert.match(messages[0], /Access-Control-Expose-Headers: WWW-Authenticate/);
      } finally {
        await other.close();
      }
    },
    // the bank's page may talk to no other origin
    { bypassCSP: true },
  );
}
