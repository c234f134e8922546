// What refreshed tokens tell of the authentication.
import assert from 'node:assert/strict';
import { claimsOf, essential, past } from './playing.mjs';

export default [
  {
    id: 'refresh',
    asks: 'a refreshed access token after a step-up',
    expected: 'keeps acr and auth_time, 200',
    async play({ server, profile, api, signedIn }) {
      const client = await signedIn(essential(server.acr.mfa));
      const old = claimsOf(client.tokens.accessToken);
      await past(old.iat);
      const { accessToken } = await client.refresh();
      const { acr, auth_time, iat } = claimsOf(accessToken);
      assert.ok(iat > old.iat);
      const keeps = acr === old.acr && auth_time === old.auth_time;
      assert.equal(profile.onRefresh, keeps ? 'keeps' : 'drops', '"onRefresh" of the profile');
      return `${keeps ? 'keeps' : 'drops'} acr and auth_time, ${(await api.send('transfer', accessToken)).status}`;
    },
  },
  {
    id: 'refresh is no step-up',
    asks: 'a refreshed access token of a password alone',
    expected: 'challenged again',
    async play({ api, signedIn }) {
      const client = await signedIn();
      const { accessToken } = await client.refresh();
      const { status, error } = await api.send('transfer', accessToken);
      assert.deepEqual([status, error], [401, 'insufficient_user_authentication']);
      return 'challenged again';
    },
  },
  {
    id: 'older refresh token',
    asks: 'the refresh token of the sign-in before a step-up at the same client',
    expected: 'acr pwd',
    async play({ server, signedIn }) {
      const client = await signedIn();
      const old = client.tokens;
      await client.signIn(essential(server.acr.mfa));
      const { accessToken } = await client.refresh(old);
      return `acr ${claimsOf(accessToken).acr}`;
    },
  },
];
