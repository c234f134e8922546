// What the server, or the user, cannot do.
import assert from 'node:assert/strict';
import { Stranded } from '../client.mjs';
import { BOB, UNKNOWN_ACR } from '../parties.mjs';
import { claimsOf, essential, failureOf, outcomeOf, told } from './playing.mjs';

export default [
  {
    id: 'unknown acr',
    asks: 'a level that the server does not know, with acr_values',
    expected: 'a lower acr, told as acr_unmet, 401',
    async play({ api, signedIn }) {
      const client = await signedIn();
      const { accessToken } = client.tokens;
      const { status, error, steps } = await client.request(api, 'keys', { mode: 'acr_values' });
      assert.equal(error, 'insufficient_user_authentication');
      await goesOn(client, accessToken, api);
      return `a lower acr, told as ${steps[0].result.outcome}, ${status}`;
    },
  },
  {
    id: 'unknown essential acr',
    asks: 'a level that the server does not know, as an essential claim',
    expected: 'ERR_STEP_UP_UNMET',
    async play({ api, signedIn }) {
      const client = await signedIn();
      const { accessToken } = client.tokens;
      const { code } = await failureOf(client.request(api, 'keys', { mode: 'essential', timeout: 3 }));
      await goesOn(client, accessToken, api);
      if (code !== 'ERR_STEP_UP_TIMEOUT') return code;
      const { status } = await failureOf(client.signIn(essential(UNKNOWN_ACR)), Stranded);
      return `page with status ${status}, no return, ${code}`;
    },
  },
  {
    id: 'no second factor',
    asks: 'step-up of a user without a second factor',
    expected: 'ERR_STEP_UP_UNMET',
    play: ({ server, api, signedIn }) =>
      outcomeOf(async () => {
        const bob = await signedIn({}, { as: BOB });
        const { status, steps } = await bob.request(api, 'transfer');
        const { acr } = claimsOf(bob.tokens.accessToken);
        assert.equal(acr, status === 200 ? server.acr.mfa : server.acr.pwd);
        return `${told(steps[0].asked)}, acr ${acr}, ${status}`;
      }),
  },
];

/** Where a step-up comes to nothing, the session before it is left as it was. */
async function goesOn(client, accessToken, api) {
  assert.equal(client.tokens.accessToken, accessToken);
  assert.equal((await api.send('accounts', accessToken)).status, 200);
}
