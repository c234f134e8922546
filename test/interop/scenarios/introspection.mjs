// What the server tells of a token.
import assert from 'node:assert/strict';
import { clientCredentials, introspect } from '../client.mjs';
import { claimsOf, past } from './playing.mjs';

/** So that the ID token, which is compared with, has an auth_time. */
const LONG = { max_age: '3600' };

export default [
  {
    id: 'introspection',
    asks: 'what introspection tells the API of an access token',
    expected: 'acr and auth_time of the sign-in, audience, subject',
    async play({ server, introspectedEventOf, introspection, signedIn }) {
      const { tokens } = await signedIn(LONG, { at: server.introspect.of });
      const { acr, authTime } = await introspectedEventOf(tokens);
      const { aud, sub } = await introspection(tokens.accessToken);
      const event = [
        acr !== undefined && (acr === server.acr.pwd ? 'acr' : 'another acr'),
        authTime !== undefined && (isWithinASecond(authTime, tokens) ? 'auth_time' : 'another auth_time'),
      ].filter(Boolean);
      const facts = [
        event.length > 0 && `${event.join(' and ')} of the sign-in`,
        aud !== undefined && 'audience',
        sub !== undefined && 'subject',
      ];
      return facts.filter(Boolean).join(', ') || 'none of them';
    },
  },
  {
    id: 'introspection by a stranger',
    asks: 'introspection by a client that the token is not for',
    expected: 'active',
    needs: 'stranger',
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
    needs: 'mfa',
    async play({ server, introspectedEventOf, introspecting, signedIn, stepUp }) {
      const client = await signedIn(LONG, { at: server.introspect.of });
      const before = client.tokens;
      const { authTime: since } = await introspectedEventOf(before);
      await past(before.idToken.iat);
      const { tokens } = await stepUp(client, LONG);
      const { acr, authTime } = await introspectedEventOf(before);
      const { status } = await (await introspecting('every')).send('transfer', before.accessToken);
      if (acr === undefined) return `nothing, ${status}`;
      if (authTime !== since) assert.equal(authTime, tokens.idToken.auth_time);
      const [acrOf, timeOf] = [acr === server.acr.pwd, authTime === since].map((isOwn) =>
        isOwn ? 'its own sign-in' : 'the session',
      );
      const facts = acrOf === timeOf ? `acr and auth_time of ${acrOf}` : `acr of ${acrOf}, auth_time of ${timeOf}`;
      return `${facts}, ${status}`;
    },
  },
  {
    id: 'told by introspection alone',
    asks: 'an access token that itself tells nothing of the authentication, at a route that requires mfa',
    expected: '401 for a password, 200 for mfa',
    needs: 'mfa',
    async play({ server, introspecting, signedIn, stepUp }) {
      const api = await introspecting('thin');
      const password = await signedIn({}, { at: 'thin' });
      const mfa = await signedIn({}, { at: 'thin' });
      await stepUp(mfa);
      // a way to mfa that leads to another client comes back to this one
      if (server.mfa.at !== 'app') await mfa.signIn();
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
    needs: 'mfa',
    async play({ introspecting, signedIn, stepUp }) {
      const client = await signedIn({}, { at: 'thin' });
      const { accessToken } = client.tokens;
      const before = await (await introspecting('thin')).send('limits', accessToken);
      await past(client.tokens.idToken.iat);
      await stepUp(client);
      // another instance, whose cache knows nothing
      const after = await (await introspecting('thin')).send('limits', accessToken);
      return `${before.status} before, ${after.status} after`;
    },
  },
  {
    id: 'lightweight token',
    asks: 'a token without sub and aud: at an API as it is, at one with `lightweightTokens`, and there at a route that requires mfa',
    expected: 'without sub and aud: 401, then 200, 401 for a password, 200 for mfa',
    needs: 'lightweight',
    async play({ api, introspecting, signedIn, stepUp }) {
      const accepting = await introspecting('thin', { lightweightTokens: true });
      const password = await signedIn({}, { at: 'lightweight' });
      const { accessToken } = password.tokens;
      const claims = claimsOf(accessToken);
      const lacks = ['sub', 'aud'].filter((name) => claims[name] === undefined).join(' and ');
      const refused = await api.send('accounts', accessToken);
      const open = await accepting.send('accounts', accessToken);
      const weak = await accepting.send('limits', accessToken);
      assert.equal(weak.error, 'insufficient_user_authentication');
      const mfa = await signedIn({}, { at: 'lightweight' });
      await stepUp(mfa);
      const enough = await accepting.send('limits', mfa.tokens.accessToken);
      return `without ${lacks}: ${refused.status}, then ${open.status}, ${weak.status} for a password, ${enough.status} for mfa`;
    },
  },
  {
    id: 'lightweight token, other kinds',
    asks: 'ID token, refresh token and a token for another API, at an API with `lightweightTokens`',
    expected: '401, 401, 401',
    needs: 'lightweight',
    async play({ introspecting, signedIn }) {
      const api = await introspecting('thin', { lightweightTokens: true });
      const other = await introspecting(
        'thin',
        { lightweightTokens: true },
        { audience: 'https://other.interop.example' },
      );
      const { tokens } = await signedIn({}, { at: 'lightweight' });
      const answers = [
        await api.send('accounts', tokens.idTokenText),
        await api.send('accounts', tokens.refreshToken),
        await other.send('accounts', tokens.accessToken),
      ];
      return answers.map(({ status }) => status).join(', ');
    },
  },
  {
    id: 'lightweight token of a machine',
    asks: 'such a token by client credentials, at an API with `lightweightTokens`: without requirements, and at a route for a password',
    expected: '200, then 401 acr_missing',
    needs: 'lightweightMachine',
    async play({ server, introspecting, introspection }) {
      const api = await introspecting('thin', { lightweightTokens: true, when: 'event-missing' });
      const { accessToken } = await clientCredentials(server, server.clients.lightweightMachine);
      // the acr of the lowest level, which no user has reached
      assert.equal((await introspection(accessToken)).acr, server.acr.pwd);
      const open = await api.send('accounts', accessToken);
      const { status, body } = await api.send('statement', accessToken);
      return `${open.status}, then ${status} ${body.reasons?.join(' and ') ?? 'accepted'}`;
    },
  },
  {
    id: 'refresh token, introspected',
    asks: 'a refresh token as bearer token, at an API that asks about every one',
    expected: '401 invalid_token',
    async play({ server, introspecting, signedIn }) {
      const { tokens } = await signedIn({}, { at: server.introspect.of });
      assert.ok(tokens.refreshToken);
      const { status, error } = await (await introspecting('every')).send('accounts', tokens.refreshToken);
      return `${status} ${error ?? 'accepted'}`;
    },
  },
  {
    id: 'revoked',
    asks: 'a revoked access token, where the API asks about every one',
    expected: '200 before, 401 invalid_token after',
    async play({ server, introspecting, metadata, signedIn }) {
      if ((await metadata()).revocation_endpoint === undefined) return 'no revocation endpoint in the metadata';
      const api = await introspecting('every', { cacheFor: 0 });
      const client = await signedIn({}, { at: server.introspect.of });
      const { accessToken } = client.tokens;
      const before = await api.send('accounts', accessToken);
      await client.revoke(client.tokens);
      const after = await api.send('accounts', accessToken);
      return `${before.status} before, ${after.status} ${after.error} after`;
    },
  },
];

/** Servers take the time at two places of their programs. */
function isWithinASecond(authTime, { idToken }) {
  return Math.abs(authTime - idToken.auth_time) <= 1;
}
