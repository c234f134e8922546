// What the server tells of a token.
import assert from 'node:assert/strict';
import { introspect } from '../client.mjs';
import { API } from '../parties.mjs';
import { essential, past } from './playing.mjs';

/** So that the ID token, which is compared with, has an auth_time. */
const LONG = { max_age: '3600' };

export default [
  {
    id: 'introspection',
    asks: 'introspection of an access token by the API',
    expected: 'acr and auth_time of the sign-in',
    async play({ server, signedIn }) {
      const { tokens } = await signedIn({ ...essential(server.acr.mfa), ...LONG }, { at: server.introspect.of });
      const { acr, auth_time } = await introspect(server, API, tokens.accessToken);
      assert.deepEqual([acr, auth_time], [server.acr.mfa, tokens.idToken.auth_time]);
      return 'acr and auth_time of the sign-in';
    },
  },
  {
    id: 'introspection by a stranger',
    asks: 'the same by a client that the token is not for',
    expected: 'active',
    async play({ server, signedIn }) {
      const { tokens } = await signedIn({}, { at: server.introspect.of });
      const { active } = await introspect(server, server.clients.stranger, tokens.accessToken);
      return active ? 'active' : 'inactive';
    },
  },
  {
    id: 'introspection after a step-up',
    asks: 'introspection of a token from before a step-up of the same session and client',
    expected: 'acr and auth_time of its own sign-in, 401',
    async play({ server, introspecting, signedIn }) {
      const client = await signedIn(LONG, { at: server.introspect.of });
      const { accessToken, idToken: before } = client.tokens;
      await past(before.auth_time);
      await client.signIn({ ...essential(server.acr.mfa), ...LONG });
      const { acr, auth_time } = await introspect(server, API, accessToken);
      const isOwn = acr === server.acr.pwd && auth_time === before.auth_time;
      if (!isOwn) assert.deepEqual([acr, auth_time], [server.acr.mfa, client.tokens.idToken.auth_time]);
      const { status } = await (await introspecting('every')).send('transfer', accessToken);
      return `acr and auth_time of ${isOwn ? 'its own sign-in' : 'the session'}, ${status}`;
    },
  },
  {
    id: 'told by introspection alone',
    asks: 'an access token that itself tells nothing of the authentication',
    expected: '401 for a password, 200 for mfa',
    async play({ server, introspecting, signedIn }) {
      const api = await introspecting('thin');
      const password = await signedIn({}, { at: 'thin' });
      const mfa = await signedIn(essential(server.acr.mfa), { at: 'thin' });
      const statuses = [];
      for (const { tokens } of [password, mfa]) {
        const { status } = await api.send('limits', tokens.accessToken);
        statuses.push(status);
      }
      return `${statuses[0]} for a password, ${statuses[1]} for mfa`;
    },
  },
  {
    id: 'thin token after a step-up',
    asks: 'such a token of a password alone, after a step-up of the same session and client',
    expected: '401 before, 401 after',
    async play({ server, introspecting, signedIn }) {
      const client = await signedIn({}, { at: 'thin' });
      const { accessToken } = client.tokens;
      const before = await (await introspecting('thin')).send('limits', accessToken);
      await past(client.tokens.idToken.iat);
      await client.signIn(essential(server.acr.mfa));
      // another instance, whose cache knows nothing
      const after = await (await introspecting('thin')).send('limits', accessToken);
      return `${before.status} before, ${after.status} after`;
    },
  },
  {
    id: 'revoked',
    asks: 'a revoked access token, where the API asks about every one',
    expected: '200 before, 401 invalid_token after',
    async play({ server, introspecting, signedIn }) {
      const api = await introspecting('every', { cacheFor: 0 });
      const client = await signedIn({}, { at: server.introspect.of });
      const { accessToken } = client.tokens;
      const before = await api.send('statement', accessToken);
      await client.revoke(client.tokens);
      const after = await api.send('statement', accessToken);
      return `${before.status} before, ${after.status} ${after.error} after`;
    },
  },
];
