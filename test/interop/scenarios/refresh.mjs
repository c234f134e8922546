// What refreshed tokens tell of the authentication.
import assert from 'node:assert/strict';
import { past } from './playing.mjs';

export default [
  {
    id: 'refresh',
    asks: 'a refreshed access token after a step-up',
    expected: 'keeps acr and auth_time, 200',
    needs: 'mfa',
    async play({ profile, api, eventOf, signedInWithMfa }) {
      const client = await signedInWithMfa();
      const { accessToken: before } = client.tokens;
      const old = await eventOf(client.tokens);
      await past(Math.floor(Date.now() / 1_000));
      const refreshed = await client.refresh();
      assert.notEqual(refreshed.accessToken, before);
      const { acr, authTime } = await eventOf(refreshed);
      const keeps = acr === old.acr && authTime === old.authTime;
      if (profile.onRefresh !== undefined)
        assert.equal(profile.onRefresh, keeps ? 'keeps' : 'drops', '"onRefresh" of the profile');
      return `${keeps ? 'keeps' : 'drops'} acr and auth_time, ${(await api.send('transfer', refreshed.accessToken)).status}`;
    },
  },
  {
    id: 'refresh is no step-up',
    asks: 'a refreshed access token of a password alone',
    expected: '401 insufficient_user_authentication',
    async play({ api, signedIn }) {
      const client = await signedIn();
      const { accessToken } = await client.refresh();
      const { status, error, body } = await api.send('transfer', accessToken);
      return `${status} ${error ?? body.message}`;
    },
  },
  {
    id: 'older refresh token',
    asks: 'the refresh token of the sign-in before a step-up of the same session',
    expected: 'acr pwd',
    needs: 'mfa',
    async play({ eventOf, signedIn, stepUp, wordOf }) {
      const client = await signedIn();
      const old = client.tokens;
      await stepUp(client);
      return `acr ${wordOf((await eventOf(await client.refresh(old))).acr)}`;
    },
  },
];
