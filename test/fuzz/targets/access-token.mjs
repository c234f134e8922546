import { NOW } from '../fixed-time.mjs';
import { expect, expectCleanPrototypes } from './expect.mjs';
import { AUDIENCE, ISSUER, isRecord, isText, names, parsed, replaceNetwork, signed } from './server.mjs';

const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: 'k' };
const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'alice',
  client_id: 'client',
  jti: 'j',
  iat: NOW,
  exp: NOW + 300,
  acr: 'mfa',
  auth_time: NOW,
  scope: 'a b',
};

/**
 * A JWT from its text to its authentication event. It is accepted if and only if the rules hold, which are written down here
 * once more; from the memory as when it is new; and by the examiner of the doctor as by the verifier.
 */
export const accessToken = {
  name: 'access-token',
  seeds: [
    { header: HEADER, payload: CLAIMS },
    { header: { ...HEADER, typ: 'application/at+jwt' }, payload: { ...CLAIMS, aud: ['x', AUDIENCE], amr: ['pwd'] } },
    { header: { ...HEADER, alg: 'none' }, payload: CLAIMS, how: 'unsigned' },
    { header: HEADER, payload: { ...CLAIMS, acr: 2, auth_time: 'now', nbf: NOW + 60 } },
    { header: HEADER, payload: { ...CLAIMS, cnf: { jkt: 'x' }, act: { sub: 'bob' } }, how: 'tampered' },
    { header: { ...HEADER, crit: ['x'], jwk: {}, x5t: 'x' }, payload: { ...CLAIMS, nested: { a: [{ b: {} }] } } },
    { header: JSON.stringify(HEADER), payload: `{"sub":"mallory",${JSON.stringify(CLAIMS).slice(1)}` },
    { text: 'eyJhbGciOiJub25lIn0.e30.' },
    { text: '...' },
  ],
  dictionary: [
    ...['alg', 'typ', 'kid', 'crit', 'iss', 'aud', 'sub', 'client_id', 'jti', 'iat', 'exp', 'nbf', 'acr', 'auth_time'],
    ...['amr', 'cnf', 'act', 'scope', 'x5t#S256', 'thumbprint', 'ES256', 'none', 'HS256', 'EdDSA', 'at+jwt', 'JWT'],
    ...['unsigned', 'tampered', ISSUER, `${ISSUER}/`, AUDIENCE, '{"a":', '"}', '{"__proto__":{"polluted":1}}'],
    ...[NOW, NOW - 5, NOW - 6, NOW + 5, NOW + 6, NOW * 1000, [AUDIENCE], { jkt: 'x' }, HEADER, CLAIMS],
  ],
  async prepare(load) {
    const { checkAuthorizationServers } = load('authorization-servers/index');
    const { AccessTokenVerifier, AccessTokenRefused, examineJwt } = load('token/index');
    const { assess } = load('core/index');
    replaceNetwork();
    const servers = checkAuthorizationServers([{ issuer: ISSUER, audience: AUDIENCE, jwksUri: `${ISSUER}/jwks` }]);
    const verifier = new AccessTokenVerifier(servers, 5, { tokenCacheBytes: 100_000 });
    const fate = async (verify) => {
      try {
        return await verify();
      } catch (error) {
        expect(error instanceof AccessTokenRefused, `throws ${error?.stack ?? error}`);
        expect(error.error === 'invalid_token', `refuses with ${error.error}`);
        return error.code;
      }
    };
    return async (input) => {
      if (!isRecord(input)) return;
      const token = textOf(input);
      const verified = await fate(() => verifier.verify(token));
      const again = await fate(() => verifier.verify(token));
      const isAccepted = typeof verified === 'object';
      expect(isAccepted === (typeof again === 'object'), `is ${again} at the second time`);
      expect(isAccepted || verified === again, `refuses by ${verified}, then by ${again}`);
      // The examiner remembers no keys, so that it costs more than the rest.
      if (token.length % 4 === 0) {
        const examined = await fate(() => examineJwt(token, servers[0], { now: NOW, clockTolerance: 5 }));
        const isFaultless = typeof examined === 'object' && examined.refusals.length === 0;
        expect(isAccepted === isFaultless, `the examiner says ${JSON.stringify(examined)}, the verifier ${verified}`);
      }
      const [must, may] = typeof input.text === 'string' ? [false, false] : judged(input);
      expect(!isAccepted || may, 'accepts what breaks a rule');
      expect(isAccepted || !must, `refuses what breaks none: ${verified}`);
      if (isAccepted) checkAccepted(verified, parsed(input.payload));
      expectCleanPrototypes();
    };

    function checkAccepted({ claims, event }, payload) {
      expect(Object.isFrozen(claims) && Object.isFrozen(event), 'what is shared can be changed');
      expect(event.subject === payload.sub && event.issuer === ISSUER, 'another subject or issuer');
      const { met } = assess(event, { acrValues: ['mfa'], maxAge: 300 }, { now: NOW });
      const time = payload.auth_time;
      const isRecent = typeof time === 'number' && time >= NOW - 305 && time <= NOW + 5;
      expect(
        !met || (payload.acr === 'mfa' && isRecent),
        'an authentication is sufficient that the claims do not tell',
      );
    }
  },
};

function textOf({ header, payload, how, text }) {
  if (typeof text === 'string') return text;
  const { input, signature } = signed(header, payload);
  if (how === 'unsigned') return `${input}.`;
  if (how !== 'tampered') return `${input}.${signature}`;
  const octets = Buffer.from(signature, 'base64url');
  octets[7] ^= 1;
  return `${input}.${octets.toString('base64url')}`;
}

const PLAIN_HEADER = new Set(['alg', 'typ', 'kid']);

/** Whether a token has to be accepted, and whether it may be. Between them are tokens that this file knows too little of. */
function judged({ header: givenHeader, payload: givenPayload, how }) {
  const [header, payload] = [parsed(givenHeader), parsed(givenPayload)];
  if (!isRecord(header) || !isRecord(payload) || how === 'unsigned' || how === 'tampered') return [false, false];
  const { alg, typ, kid, crit } = header;
  const { iss, aud, sub, client_id: client, jti, iat, exp, nbf, cnf } = payload;
  const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);
  const may =
    crit === undefined &&
    alg === 'ES256' &&
    typeof typ === 'string' &&
    /^(application\/)?at\+jwt$/i.test(typ) &&
    (kid === undefined || kid === 'k') &&
    iss === ISSUER &&
    names(aud) &&
    [sub, client, jti].every(isText) &&
    isNumber(iat) &&
    iat <= NOW + 5 &&
    isNumber(exp) &&
    NOW < exp + 5 &&
    (nbf === undefined || (isNumber(nbf) && nbf - 5 <= NOW)) &&
    (cnf === undefined || cnf === null);
  const text = JSON.stringify(payload);
  const isPlain =
    Object.keys(header).every((name) => PLAIN_HEADER.has(name)) &&
    cnf === undefined &&
    text.length < 8000 &&
    !/__proto__|constructor|\ud800|[\u0080-\uffff]/.test(text + JSON.stringify(header)) &&
    depthOf(payload) < 30;
  return [may && isPlain, may];
}

function depthOf(value) {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
