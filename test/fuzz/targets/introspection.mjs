import { randomUUID } from 'node:crypto';
import { NOW } from '../fixed-time.mjs';
import { expect, expectCleanPrototypes } from './expect.mjs';
import { AUDIENCE, ISSUER, isRecord, isText, names, parsed, replaceNetwork } from './server.mjs';

const ANSWER = {
  active: true,
  token_type: 'Bearer',
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'alice',
  client_id: 'client',
  iat: NOW,
  exp: NOW + 300,
  acr: 'mfa',
  auth_time: NOW,
  scope: 'a b',
};

/** The answer of an introspection endpoint, from its octets to an authentication event, as it may come from any server. */
export const introspection = {
  name: 'introspection',
  seeds: [
    { body: ANSWER },
    { body: { active: false } },
    { body: { ...ANSWER, active: 'true' } },
    { body: { ...ANSWER, aud: ['x', AUDIENCE], token_type: undefined, username: 'alice', sub: undefined } },
    { body: { ...ANSWER, typ: 'Refresh', at_hash: 'x', token_use: 'id_token' } },
    { body: { ...ANSWER, auth_time: NOW + 4, cnf: { 'x5t#S256': 'x' }, act: { sub: 'bob' } } },
    { body: JSON.stringify(ANSWER).slice(0, -3) },
    // found by this search
    { body: { ...ANSWER, auth_time: { toString: 1 } } },
    { body: { ...ANSWER, ['__proto__']: 'b' } },
    { body: { ...ANSWER, act: { constructor: {} } } },
    { body: '', status: 500 },
    { body: { error: 'unsupported_token_type' }, status: 400 },
  ],
  dictionary: [
    ...[
      'active',
      'token_type',
      'token_use',
      'iss',
      'aud',
      'sub',
      'client_id',
      'username',
      'user_id',
      'iat',
      'exp',
      'nbf',
    ],
    ...[
      'acr',
      'auth_time',
      'amr',
      'scope',
      'typ',
      'purpose',
      'at_hash',
      'events',
      'cnf',
      'act',
      'error',
      'invalid_client',
    ],
    ...['Bearer', 'DPoP', 'refresh_token', 'ID', 'access_token', ISSUER, AUDIENCE, 'unsupported_token_type', 'status'],
    ...[NOW, NOW - 5, NOW + 5, 400, 401, 403, 200, 500, [AUDIENCE], { jkt: 'x' }, ANSWER],
  ],
  async prepare(load) {
    const { checkAuthorizationServers } = load('authorization-servers/index');
    const token = load('token/index');
    const { AccessTokenVerifier, AccessTokenRefused, AuthorizationServerUnavailable } = token;
    let answer;
    replaceNetwork(() => answer());
    const introspected = { endpoint: `${ISSUER}/introspect`, clientId: 'api', clientSecret: 's3cret' };
    const servers = checkAuthorizationServers([{ issuer: ISSUER, audience: AUDIENCE, introspection: introspected }]);
    const verifier = new AccessTokenVerifier(servers, 5);
    const own = { iss: ISSUER, aud: AUDIENCE, sub: 'alice', client_id: 'client', iat: NOW, exp: NOW + 300 };
    return async (input) => {
      if (!isRecord(input)) return;
      const { body, status: given } = input;
      const status = Number.isInteger(given) && given >= 200 && given < 600 ? given : 200;
      const text = typeof body === 'string' ? body : JSON.stringify(body ?? null);
      // Statuses without a body cannot be constructed with one.
      answer = () => new Response([204, 205, 304].includes(status) ? null : text, { status });
      const claims = parsed(typeof body === 'string' ? body : text);
      let verified;
      try {
        verified = await verifier.verify(`opaque-${randomUUID()}`);
      } catch (error) {
        const isKnown = error instanceof AccessTokenRefused || error instanceof AuthorizationServerUnavailable;
        expect(isKnown, `throws ${error?.stack ?? error}`);
        expect(!error.message.includes('s3cret'), 'a message with the secret');
      }
      if (verified !== undefined) checkAccepted(verified, status, claims);
      if (isRecord(claims))
        examine(claims, status === 200 && claims.active === true ? verified !== undefined : undefined);
      expectCleanPrototypes();
    };

    function checkAccepted({ event }, status, claims) {
      expect(status === 200 || status === 400, `accepts an answer of status ${status}`);
      expect(isRecord(claims) && claims.active === true, 'accepts what is not active');
      expect(claims.iss === undefined || claims.iss === ISSUER, 'accepts another issuer');
      expect(names(claims.aud), 'accepts another audience');
      expect(claims.exp === undefined || NOW < claims.exp + 5, 'accepts what has expired');
      expect(claims.cnf === undefined || claims.cnf === null, 'accepts a bound token without proof');
      expect(isText(event.subject), 'accepts a token without subject');
      const isLater = typeof claims.iat === 'number' && event.authTime > claims.iat;
      expect(!isLater, 'has a sign-in that came after the token');
    }

    /** The doctor says the same as the verifier, and adds to a JWT no sign-in but that of its subject. */
    function examine(claims, isAccepted) {
      const { refusals } = token.examineOpaque(structuredClone(claims), servers[0], { now: NOW, clockTolerance: 5 });
      const codes = refusals.map(({ code }) => code);
      expect(isAccepted === undefined || isAccepted === (codes.length === 0), `the doctor says ${codes}`);
      const { refusals: mismatches, event } = token.examineCompletion(own, structuredClone(claims), servers[0]);
      const isOther = (name) => claims[name] !== undefined && claims[name] !== null && claims[name] !== own[name];
      expect(mismatches.length > 0 || !['sub', 'iss', 'client_id'].some(isOther), 'adds facts about another token');
      expect(event.subject === 'alice', 'replaces the subject of a JWT');
    }
  },
};
