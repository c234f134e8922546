// Step-up itself: what is asked for, and what comes back.
import assert from 'node:assert/strict';
import { UNKNOWN_ACR } from '../parties.mjs';
import { essential, failureOf, loop, outcomeOf, told } from './playing.mjs';

export default [
  {
    id: 'metadata',
    asks: 'what the metadata announces of: acr values, claims parameter, introspection',
    expected: 'acr values, claims parameter, introspection',
    async play({ server, metadata }) {
      const { acr_values_supported: offered, claims_parameter_supported, introspection_endpoint } = await metadata();
      const announced = [
        Object.values(server.acr).every((acr) => offered?.includes(acr)) && 'acr values',
        claims_parameter_supported === true && 'claims parameter',
        introspection_endpoint !== undefined && 'introspection',
      ];
      return announced.filter(Boolean).join(', ') || 'none of them';
    },
  },
  {
    id: 'weak token',
    asks: 'the challenge for a token of a password alone, where mfa is required',
    expected: '401, acr_values "mfa", acr_unmet',
    async play({ server, api, signedIn }) {
      const client = await signedIn();
      assert.deepEqual(client.asked, ['password']);
      const { status, error, challenge, body } = await api.send('transfer', client.tokens.accessToken);
      if (error !== 'insufficient_user_authentication') return `${status} ${error ?? body.message}`;
      assert.equal(challenge.acr_values, server.acr.mfa);
      return `${status}, acr_values "mfa", ${body.reasons.join(' and ')}`;
    },
  },
  {
    id: 'full loop',
    asks: 'a POST refused for a password alone, step-up as the profile asks, the same POST again',
    expected: 'code asked, satisfied, 200',
    async play({ server, api, signedIn }) {
      const client = await signedIn();
      const before = api.handled.length;
      const answer = await client.request(api, 'transfer');
      if (answer.status === 200) {
        const [{ challenge, result }] = answer.steps;
        assert.deepEqual([challenge.acrValues, result.acr], [[server.acr.mfa], server.acr.mfa]);
        assert.deepEqual([answer.body, api.handled.slice(before)], [{ done: 'transfer' }, ['transfer']]);
      } else {
        assert.equal(api.handled.length, before);
      }
      return loop(answer);
    },
  },
  {
    id: 'voluntary acr',
    asks: 'the same with acr_values, whatever the profile says',
    expected: 'code asked, satisfied, 200',
    async play({ api, signedIn }) {
      const client = await signedIn();
      return loop(await client.request(api, 'transfer', { mode: 'acr_values' }));
    },
  },
  {
    id: 'essential acr',
    asks: 'the same with an essential acr claim',
    expected: 'code asked, satisfied, 200',
    async play({ api, metadata, signedIn }) {
      const { claims_parameter_supported: isOffered } = await metadata();
      const client = await signedIn();
      const request = client.request(api, 'transfer', { mode: 'essential' });
      if (isOffered === true) return loop(await request);
      const { code, cause } = await failureOf(request);
      assert.ok(cause instanceof TypeError);
      return `${code}, the user is not sent`;
    },
  },
  {
    id: 'trusting client',
    asks: 'a level that the server does not know, by a client that takes every new token without a look at it',
    expected: 'ERR_STEP_UP_LOOP, 1 prompt',
    async play({ api, signedIn }) {
      const client = await signedIn();
      const { code, steps } = await promptsOf(client.request(api, 'keys', { mode: 'acr_values', trusting: true }));
      return `${code}, ${steps} prompt${steps === 1 ? '' : 's'}`;
    },
  },
  {
    id: 'another client',
    asks: 'sign-on by cookie at another client after a step-up',
    expected: 'nothing asked, acr mfa, 200',
    needs: 'mfa',
    async play({ server, api, signedInWithMfa, eventOf, wordOf }) {
      const client = await signedInWithMfa();
      const other = await client.beside(server.clients.other);
      await other.signIn();
      const { acr } = await eventOf(other.tokens);
      const { status } = await api.send('transfer', other.tokens.accessToken);
      return `${told(other.asked)}, acr ${wordOf(acr)}, ${status}`;
    },
  },
  {
    id: 'client of a higher level',
    asks: 'step-up by sending the user to a second client, which has the level as its setting',
    expected: 'code asked, acr mfa, 200',
    needs: 'secondLevel',
    async play({ api, eventOf, signedIn, stepUp, wordOf }) {
      const { asked, tokens } = await stepUp(await signedIn());
      const { acr } = await eventOf(tokens);
      return `${told(asked)}, acr ${wordOf(acr)}, ${(await api.send('transfer', tokens.accessToken)).status}`;
    },
  },
  {
    id: 'first of a list',
    asks: 'acr_values "mfa pwd", the first preferred, in a session of pwd',
    expected: 'acr mfa',
    async play({ server, profile, signedIn, wordOf }) {
      const alone = await signedIn();
      await alone.signIn({ acr_values: server.acr.mfa });
      if (alone.tokens.idToken.acr !== server.acr.mfa) return 'acr_values count for nothing';
      const client = await signedIn();
      await client.signIn({ acr_values: `${server.acr.mfa} ${server.acr.pwd}` });
      const { acr } = client.tokens.idToken;
      const { acrValues = 'all', mode = 'acr_values' } = profile.request ?? {};
      const sendsList = acrValues === 'all' && mode === 'acr_values';
      assert.equal(sendsList, acr === server.acr.mfa, '"request" of the profile');
      return `acr ${wordOf(acr)}`;
    },
  },
  {
    id: 'known and unknown',
    asks: 'acr_values with mfa and an unknown value',
    expected: 'acr mfa',
    async play({ server, signedIn, wordOf }) {
      const client = await signedIn({ acr_values: `${server.acr.mfa} ${UNKNOWN_ACR}` });
      return `acr ${wordOf(client.tokens.idToken.acr)}`;
    },
  },
  {
    id: 'essential known and unknown',
    asks: 'an essential acr claim with mfa and an unknown value',
    expected: 'acr mfa',
    play: ({ server, signedIn, wordOf }) =>
      outcomeOf(async () => {
        const client = await signedIn(essential(server.acr.mfa, UNKNOWN_ACR));
        return `acr ${wordOf(client.tokens.idToken.acr)}`;
      }),
  },
  {
    id: 'prompt=none',
    asks: 'a level that the session lacks, with prompt=none',
    expected: 'ERR_STEP_UP_LOGIN_REQUIRED',
    play: ({ server, asking, signedIn, wordOf }) =>
      outcomeOf(async () => {
        const client = await signedIn();
        await client.signIn({ prompt: 'none', ...(await asking(server.acr.mfa)) });
        return `${told(client.asked)}, acr ${wordOf(client.tokens.idToken.acr)}`;
      }),
  },
];

/** What a request fails with, and how often its user was asked. */
async function promptsOf(request) {
  const { code, steps } = await failureOf(request);
  return { code, steps: steps.length };
}
