// Levels that are numbers, without names.
import assert from 'node:assert/strict';
import { claimsOf, told } from './playing.mjs';

export default [
  {
    id: 'levels',
    asks: 'a server as it comes, with numbers for levels',
    expected: 'acr 1, 200',
    needs: 'levels',
    async play({ stock }) {
      const { api, client } = await stock();
      await client.signIn();
      const { status } = await api.send('statement', client.tokens.accessToken);
      return `acr ${claimsOf(client.tokens.accessToken).acr}, ${status}`;
    },
  },
  {
    id: 'level after sign-on by cookie',
    asks: 'the same, then sign-on by cookie, then a challenge for level 1',
    expected: 'nothing asked, acr 0, challenged, 200',
    needs: 'levels',
    async play({ server, stock }) {
      const { api, client } = await stock();
      await client.signIn();
      await client.signIn();
      const { acr } = claimsOf(client.tokens.accessToken);
      const asked = told(client.asked);
      const { status, steps } = await client.request(api, 'statement');
      assert.deepEqual(steps[0]?.challenge.acrValues, [server.levels.first]);
      assert.ok(steps[0].asked.includes('password'));
      return `${asked}, acr ${acr}, challenged, ${status}`;
    },
  },
  {
    id: 'level beyond the flow',
    asks: 'an essential level 2 of a server as it comes, which has no steps for it',
    expected: 'ERR_STEP_UP_UNMET',
    needs: 'levels',
    async play({ stock }) {
      const { api, client } = await stock();
      await client.signIn();
      const { status, steps } = await client.request(api, 'transfer', { mode: 'essential' });
      return `a lower acr, told as ${steps[0].result.outcome}, ${status}`;
    },
  },
  {
    id: 'level by its number',
    asks: 'a level by its number where it has a name',
    expected: 'acr mfa',
    needs: 'levels',
    async play({ server, signedIn }) {
      const client = await signedIn({ acr_values: server.levels.second });
      assert.deepEqual(client.asked, ['password', 'code']);
      return `acr ${client.tokens.idToken.acr}`;
    },
  },
];
