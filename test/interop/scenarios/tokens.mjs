// Which tokens the API takes, and for what.
import assert from 'node:assert/strict';
import { clientCredentials } from '../client.mjs';
import { claimsOf, essential, headerOf } from './playing.mjs';

export default [
  {
    id: 'type',
    asks: 'the type of access tokens',
    expected: 'at+jwt, 200',
    async play({ api, signedIn }) {
      const { tokens } = await signedIn();
      return `${headerOf(tokens.accessToken).typ}, ${(await api.send('statement', tokens.accessToken)).status}`;
    },
  },
  {
    id: 'type by a switch',
    asks: 'the type of access tokens of a client with the switch for RFC 9068',
    expected: 'at+jwt, 200',
    needs: 'atJwt',
    async play({ api, signedIn }) {
      const { tokens } = await signedIn({}, { at: 'atJwt' });
      return `${headerOf(tokens.accessToken).typ}, ${(await api.send('statement', tokens.accessToken)).status}`;
    },
  },
  {
    id: 'ID token as access token',
    asks: 'an ID token as bearer token',
    expected: '401 invalid_token',
    async play({ api, signedIn }) {
      const { tokens } = await signedIn();
      return await refused(api, tokens.idTokenText);
    },
  },
  {
    id: 'refresh token as access token',
    asks: 'a refresh token as bearer token',
    expected: '401 invalid_token',
    async play({ api, signedIn }) {
      const { tokens } = await signedIn();
      return await refused(api, tokens.refreshToken);
    },
  },
  {
    id: 'machine',
    asks: 'a token by client credentials, where mfa is required',
    expected: '403, no challenge',
    async play({ server, api }) {
      const { accessToken } = await clientCredentials(server, server.clients.machine);
      assert.equal((await api.send('accounts', accessToken)).status, 200);
      const { status, error } = await api.send('transfer', accessToken);
      return `${status}, ${error === 'insufficient_user_authentication' ? 'challenged' : 'no challenge'}`;
    },
  },
  {
    id: 'acr of a machine',
    asks: 'the acr of such a token, and what it opens',
    expected: 'none, 403',
    async play({ server, api }) {
      const { accessToken } = await clientCredentials(server, server.clients.machine);
      const { status } = await api.send('statement', accessToken);
      return `${claimsOf(accessToken).acr ?? 'none'}, ${status}`;
    },
  },
  {
    id: 'no auth_time',
    asks: 'an access token without auth_time, where max_age is required',
    expected: '401, auth_time_missing, advice in the log',
    async play({ server, api, signedIn }) {
      const { tokens } = await signedIn(essential(server.acr.mfa), { at: 'withoutAuthTime' });
      assert.equal(claimsOf(tokens.accessToken).auth_time, undefined);
      assert.equal((await api.send('transfer', tokens.accessToken)).status, 200);
      const before = api.warnings.length;
      const { status, body } = await api.send('review', tokens.accessToken);
      assert.deepEqual(body.reasons, ['auth_time_missing']);
      const isTold = api.warnings.slice(before).some((warning) => warning.includes('auth_time'));
      return `${status}, auth_time_missing, ${isTold ? 'advice in the log' : 'no word in the log'}`;
    },
  },
];

async function refused(api, token) {
  // with an ID token that names the API as its audience, the type alone tells
  const { status, error } = await api.send('accounts', token);
  return `${status} ${error}`;
}
