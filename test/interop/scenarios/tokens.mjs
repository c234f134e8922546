// Which tokens the API takes, and for what.
import assert from 'node:assert/strict';
import { clientCredentials } from '../client.mjs';
import { API } from '../parties.mjs';
import { claimsOf, headerOf, isJwt } from './playing.mjs';

export default [
  {
    id: 'named profile',
    asks: 'an API with words for the levels, by the profile that has the name of the server',
    expected: 'boots',
    async play({ ofNamedProfile }) {
      try {
        await ofNamedProfile();
        return 'boots';
      } catch (error) {
        if (!(error instanceof TypeError) || !error.message.includes('.acr.')) throw error;
        return 'TypeError at boot that names a word';
      }
    },
  },
  {
    id: 'type',
    asks: 'the type of access tokens',
    expected: 'at+jwt, 200',
    async play({ api, signedIn }) {
      const { tokens } = await signedIn();
      return `${typeOf(tokens)}, ${(await api.send('accounts', tokens.accessToken)).status}`;
    },
  },
  {
    id: 'type by a switch',
    asks: 'the type of access tokens of a client with the switch for RFC 9068',
    expected: 'at+jwt, 200',
    needs: 'atJwt',
    async play({ api, signedIn }) {
      const { tokens } = await signedIn({}, { at: 'atJwt' });
      return `${typeOf(tokens)}, ${(await api.send('statement', tokens.accessToken)).status}`;
    },
  },
  {
    id: 'untouched',
    asks: 'what access tokens lack of RFC 9068 and 9470 without any set-up for them, and what the API says',
    expected: 'nothing, 200',
    needs: 'untouched',
    async play({ api, signedIn }) {
      const { tokens } = await signedIn({}, { at: 'untouched' });
      const { status, error } = await api.send('statement', tokens.accessToken);
      const claims = claimsOf(tokens.accessToken);
      const lacks = [
        headerOf(tokens.accessToken).typ !== 'at+jwt' && 'typ',
        ![claims.aud].flat().includes(API) && 'aud',
        ...['sub', 'client_id', 'acr', 'auth_time'].map((name) => claims[name] === undefined && name),
      ].filter(Boolean);
      return `${lacks.join(' ') || 'nothing'}, ${status}${error === undefined ? '' : ` ${error}`}`;
    },
  },
  {
    id: 'another audience',
    asks: 'an access token at an API that it is not for',
    expected: '401 invalid_token',
    async play({ introspecting, forAnotherAudience, signedIn }) {
      const { tokens } = await signedIn();
      const audience = 'https://another-api.interop.example';
      const api = isJwt(tokens.accessToken)
        ? await forAnotherAudience(audience)
        : await introspecting('every', {}, { audience });
      return await refused(api, tokens.accessToken);
    },
  },
  {
    id: 'new key',
    asks: 'an access token of before the server has changed its key, and one of after',
    expected: '200, then 200',
    needs: 'changeKey',
    async play({ server, api, signedIn }) {
      const before = await signedIn();
      await server.changeKey();
      const after = await signedIn();
      const kids = [before, after].map(({ tokens }) => headerOf(tokens.accessToken).kid);
      assert.notEqual(kids[0], kids[1]);
      const statuses = [];
      for (const { tokens } of [before, after]) statuses.push((await api.send('statement', tokens.accessToken)).status);
      return statuses.join(', then ');
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
    asks: 'a token by client credentials: at a route that requires nothing more, and where mfa is required',
    expected: '200, then 403 without a challenge',
    async play({ server, api }) {
      const { accessToken } = await clientCredentials(server, server.clients.machine);
      const open = await api.send('accounts', accessToken);
      const { status, error } = await api.send('transfer', accessToken);
      const isChallenged = error === 'insufficient_user_authentication';
      return `${open.status}, then ${status} ${isChallenged ? 'with' : 'without'} a challenge`;
    },
  },
  {
    id: 'acr of a machine',
    asks: 'the acr of such a token, and what it opens',
    expected: 'none, 403',
    async play({ server, api, eventOf }) {
      const tokens = await clientCredentials(server, server.clients.machine);
      const { status } = await api.send('statement', tokens.accessToken);
      return `${(await eventOf(tokens)).acr ?? 'none'}, ${status}`;
    },
  },
  {
    id: 'no auth_time',
    asks: 'an access token with acr and without auth_time: where acr is required, and where max_age is',
    expected: '200, then 401 auth_time_missing, advice in the log',
    needs: 'withoutAuthTime',
    async play({ api, signedIn }) {
      const { tokens } = await signedIn({}, { at: 'withoutAuthTime' });
      const { status } = await api.send('statement', tokens.accessToken);
      const before = api.warnings.length;
      const review = await api.send('review', tokens.accessToken);
      const isTold = api.warnings.slice(before).some((warning) => warning.includes('auth_time'));
      const reasons = review.body.reasons?.join(' and ') ?? review.error;
      return `${status}, then ${review.status} ${reasons}, ${isTold ? 'advice in the log' : 'no word in the log'}`;
    },
  },
];

function typeOf({ accessToken }) {
  return isJwt(accessToken) ? (headerOf(accessToken).typ ?? 'JWT without typ') : 'opaque';
}

async function refused(api, token) {
  // with an ID token that names the API as its audience, the type alone tells
  const { status, error } = await api.send('accounts', token);
  return `${status} ${error ?? 'accepted'}`;
}
