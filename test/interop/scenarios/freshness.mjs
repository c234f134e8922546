// How old a sign-in may be.
import assert from 'node:assert/strict';
import { RECENT } from '../api.mjs';
import { authTimeOf, claimsOf, essential, past, told } from './playing.mjs';

export default [
  {
    id: 'max_age',
    asks: `a sign-in older than max_age=${RECENT}`,
    expected: 'password asked, newer auth_time, 200',
    async play({ api, signedIn }) {
      const client = await signedIn();
      assert.equal((await api.send('review', client.tokens.accessToken)).status, 200);
      return await again(client, api, 'review', { maxAge: RECENT });
    },
  },
  {
    id: 'max_age with acr',
    asks: `a sign-in with mfa older than max_age=${RECENT}, where mfa is required`,
    expected: 'password and code asked, newer auth_time, 200',
    async play({ server, api, signedIn }) {
      const client = await signedIn(essential(server.acr.mfa));
      return await again(client, api, 'limits', { maxAge: RECENT, acrValues: [server.acr.mfa] });
    },
  },
  {
    id: 'max_age with acr, strict',
    asks: 'the same at a client whose second factor counts once',
    expected: 'password and code asked, newer auth_time, 200',
    needs: 'strict',
    async play({ server, api, signedIn }) {
      const client = await signedIn(essential(server.acr.mfa), { at: 'strict' });
      return await again(client, api, 'limits', { maxAge: RECENT, acrValues: [server.acr.mfa] });
    },
  },
  {
    id: 'acr alone',
    asks: 'a step-up without max_age, a second after the sign-in',
    expected: 'code asked, newer auth_time',
    async play({ server, signedIn }) {
      const client = await signedIn();
      const before = authTimeOf(client);
      await past(before);
      await client.signIn(essential(server.acr.mfa));
      const isNewer = authTimeOf(client) > before;
      return `${told(client.asked)}, ${isNewer ? 'newer' : 'the same'} auth_time`;
    },
  },
  {
    id: 'two moments',
    asks: 'mfa, then a new password for max_age alone, then sign-on by cookie',
    expected: 'acr pwd, 401',
    async play({ server, api, signedIn }) {
      const client = await signedIn(essential(server.acr.mfa));
      const before = authTimeOf(client);
      await past(before + 1);
      await client.signIn({ max_age: '1' });
      assert.deepEqual(client.asked, ['password']);
      await client.signIn();
      assert.deepEqual(client.asked, []);
      assert.ok(authTimeOf(client) > before);
      const { acr } = claimsOf(client.tokens.accessToken);
      const { status } = await api.send('limits', client.tokens.accessToken);
      return `acr ${acr}, ${status}`;
    },
  },
  {
    id: 'max_age=0',
    asks: 'max_age=0, a second after the sign-in',
    expected: 'password asked, newer auth_time',
    async play({ signedIn }) {
      const client = await signedIn();
      const before = authTimeOf(client);
      await past(before + 1);
      await client.signIn({ max_age: '0' });
      assert.ok(authTimeOf(client) > before);
      return `${told(client.asked)}, newer auth_time`;
    },
  },
  {
    id: 'max_age=0 at once',
    asks: 'max_age=0 within the second of the sign-in',
    expected: 'password asked',
    async play({ signedIn }) {
      const client = await signedIn();
      for (let attempts = 0; attempts < 8; attempts += 1) {
        await past(Math.floor(Date.now() / 1_000));
        await client.signIn({ prompt: 'login' });
        const before = authTimeOf(client);
        await client.signIn({ max_age: '0' });
        if (client.asked.length === 0) assert.equal(authTimeOf(client), before);
        if (client.tokens.idToken.iat === before) return told(client.asked);
      }
      throw new Error('this machine is too slow for two sign-ins within a second');
    },
  },
];

async function again(client, api, path, challenge) {
  const before = authTimeOf(client);
  await past(before + RECENT);
  const { status, steps } = await client.request(api, path);
  assert.equal(steps.length, 1);
  const [{ challenge: sent, asked, result }] = steps;
  assert.deepEqual({ maxAge: sent.maxAge, acrValues: sent.acrValues }, { acrValues: undefined, ...challenge });
  const isNewer = result.authTime > before;
  return `${told(asked)}, ${isNewer ? 'newer' : 'the same'} auth_time, ${status}`;
}
