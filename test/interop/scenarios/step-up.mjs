// Step-up itself: what is asked for, and what comes back.
import assert from 'node:assert/strict';
import { UNKNOWN_ACR } from '../parties.mjs';
import { claimsOf, essential, failureOf, outcomeOf, told } from './playing.mjs';

export default [
  {
    id: 'metadata',
    asks: 'metadata: acr values, claims parameter, introspection',
    expected: 'all announced',
    async play({ server, metadata }) {
      const { acr_values_supported: offered, claims_parameter_supported, introspection_endpoint } = await metadata();
      for (const acr of Object.values(server.acr)) assert.ok(offered?.includes(acr), `${acr} is not announced`);
      assert.equal(claims_parameter_supported, true);
      assert.ok(introspection_endpoint);
      return 'all announced';
    },
  },
  {
    id: 'full loop',
    asks: 'a POST refused for a password alone, step-up as the profile asks, the same POST again',
    expected: 'code asked, 200',
    async play({ server, api, signedIn }) {
      const client = await signedIn();
      assert.deepEqual(client.asked, ['password']);
      const before = api.handled.length;
      const { status, body, steps } = await client.request(api, 'transfer');
      assert.equal(steps.length, 1);
      const [{ challenge, asked, result }] = steps;
      assert.deepEqual(challenge.acrValues, [server.acr.mfa]);
      assert.deepEqual([result.outcome, result.acr], ['satisfied', server.acr.mfa]);
      assert.deepEqual([body, api.handled.slice(before)], [{ done: 'transfer' }, ['transfer']]);
      return `${told(asked)}, ${status}`;
    },
  },
  {
    id: 'voluntary acr',
    asks: 'the same with acr_values, whatever the profile says',
    expected: 'code asked, satisfied, 200',
    play: ({ api, signedIn }) => stepUp(api, signedIn, 'acr_values'),
  },
  {
    id: 'essential acr',
    asks: 'the same with an essential acr claim',
    expected: 'code asked, satisfied, 200',
    play: ({ api, signedIn }) => stepUp(api, signedIn, 'essential'),
  },
  {
    id: 'another client',
    asks: 'sign-on by cookie at another client after a step-up',
    expected: 'nothing asked, acr mfa, 200',
    async play({ server, api, signedIn }) {
      const client = await signedIn(essential(server.acr.mfa));
      const other = await client.beside(server.clients.other);
      await other.signIn();
      const { acr } = claimsOf(other.tokens.accessToken);
      const { status } = await api.send('transfer', other.tokens.accessToken);
      return `${told(other.asked)}, acr ${acr}, ${status}`;
    },
  },
  {
    id: 'first of a list',
    asks: 'acr_values "mfa pwd", the first preferred, in a session of pwd',
    expected: 'acr mfa',
    async play({ server, profile, signedIn }) {
      const client = await signedIn();
      await client.signIn({ acr_values: `${server.acr.mfa} ${server.acr.pwd}` });
      const { acr } = client.tokens.idToken;
      const { acrValues = 'all', mode = 'acr_values' } = profile.request ?? {};
      const sendsList = acrValues === 'all' && mode === 'acr_values';
      assert.equal(sendsList, acr === server.acr.mfa, '"request" of the profile');
      return `acr ${acr}`;
    },
  },
  {
    id: 'known and unknown',
    asks: 'acr_values with mfa and an unknown value',
    expected: 'acr mfa',
    async play({ server, signedIn }) {
      const client = await signedIn({ acr_values: `${server.acr.mfa} ${UNKNOWN_ACR}` });
      return `acr ${client.tokens.idToken.acr}`;
    },
  },
  {
    id: 'essential known and unknown',
    asks: 'an essential acr claim with mfa and an unknown value',
    expected: 'acr mfa',
    play: ({ server, signedIn }) =>
      outcomeOf(async () => {
        const client = await signedIn(essential(server.acr.mfa, UNKNOWN_ACR));
        return `acr ${client.tokens.idToken.acr}`;
      }),
  },
  {
    id: 'prompt=none',
    asks: 'a level that the session lacks, with prompt=none',
    expected: 'ERR_STEP_UP_LOGIN_REQUIRED',
    async play({ server, signedIn }) {
      const client = await signedIn();
      return (await failureOf(client.signIn({ prompt: 'none', ...essential(server.acr.mfa) }))).code;
    },
  },
];

async function stepUp(api, signedIn, mode) {
  const client = await signedIn();
  const { status, steps } = await client.request(api, 'transfer', { mode });
  assert.equal(steps.length, 1);
  return `${told(steps[0].asked)}, ${steps[0].result.outcome}, ${status}`;
}
