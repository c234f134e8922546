// What the server, or the user, cannot do.
import assert from 'node:assert/strict';
import { BOB, UNKNOWN_ACR } from '../parties.mjs';
import { Stranded } from '../stranded.mjs';
import { essential, failureOf, loop, outcomeOf } from './playing.mjs';

export default [
  {
    id: 'unknown acr',
    asks: 'a level that the server does not know, with acr_values',
    expected: 'nothing asked, acr_unmet, 401',
    async play({ api, signedIn }) {
      const client = await signedIn();
      const { accessToken } = client.tokens;
      const answer = await client.request(api, 'keys', { mode: 'acr_values' });
      await goesOn(client, accessToken, api);
      return loop(answer);
    },
  },
  {
    id: 'unknown essential acr',
    asks: 'a level that the server does not know, as an essential claim',
    expected: 'ERR_STEP_UP_UNMET',
    async play({ api, metadata, signedIn }) {
      const client = await signedIn();
      const { accessToken } = client.tokens;
      if ((await metadata()).claims_parameter_supported !== true) {
        await client.signIn(essential(UNKNOWN_ACR));
        return `acr ${client.tokens.idToken.acr === UNKNOWN_ACR ? 'as asked' : 'of the session'}`;
      }
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
        const answer = await bob.request(api, 'transfer');
        assert.equal(bob.tokens.idToken.acr === server.acr.mfa, answer.status === 200);
        return loop(answer);
      }),
  },
];

/** Where a step-up comes to nothing, the session before it is left as it was. */
async function goesOn(client, accessToken, api) {
  assert.equal(client.tokens.accessToken, accessToken);
  assert.equal((await api.send('accounts', accessToken)).status, 200);
}
