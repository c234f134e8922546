// Every kind of input, good and bad. A kind makes a request: `{ api, route, token, scheme, proof }`, of which the legal answers
// follow, or one with fixed `answers`. Bad ones are sent as often as each other.
import { createHmac, randomBytes } from 'node:crypto';
import { refused, refusedByNode, unavailable, withoutToken } from './answers.mjs';
import { now } from './moments.mjs';
import { bound, jwt, opaque, otherKeys, proofOf } from './tokens.mjs';

const PATHS = {
  open: ['GET', '/open'],
  account: ['GET', '/account'],
  transfer: ['POST', '/transfer'],
  scoped: ['GET', '/scoped'],
};
export const methodAndPath = (route) => ({ method: PATHS[route][0], path: PATHS[route][1] });

const GUARDED = ['account', 'transfer', 'scoped'];
const HOUR = 3600;

/** Routes with a token that was made for the purpose. */
const sent =
  (make, routes = GUARDED) =>
  (world) => ({
    route: world.pick(routes),
    token: make(world, world.pick(world.server.issuers)),
  });
const flawed = (options, routes) => sent((_, issuer) => jwt(issuer, options), routes);
const claiming = (claims, routes) => flawed({ claims }, routes);
const early = (description, header, claims) => flawed({ early: description, header, claims });
const late = (description, claims) => flawed({ late: description, claims });
/** A request that is refused whatever is behind its header. */
const fixed = (make) => (world) => ({ route: world.pick(GUARDED), ...make(world) });
const malformed = (description) => [refused(description, { error: 'invalid_request' })];
const unverified = (description, make) =>
  sent(({ server }) => ({ kind: 'jwt', text: make(server), early: description, claims: {} }));
const ago = (seconds) => Math.floor(now()) - seconds;

/** Under DPoP, with a proof that has something wrong. */
const proven = (flaw) => (world) => {
  const route = world.pick(GUARDED);
  const token = bound(world.pick(world.server.issuers));
  const proof = flaw(token, methodAndPath(route));
  return { route, scheme: 'DPoP', token, proof };
};
const withProof = (options) => proven((token, at) => proofOf(token, at, options()));

function tampered(text) {
  const [header, payload, signature] = text.split('.');
  const octets = Buffer.from(signature, 'base64url');
  octets[5] ^= 1;
  return [header, payload, octets.toString('base64url')].join('.');
}

const encoded = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');

export const BAD = {
  // how a token is sent
  'no token': fixed(() => ({ answers: [withoutToken] })),
  'no token behind the scheme': fixed(() => ({ headers: { authorization: 'Bearer' }, answers: [withoutToken] })),
  'another scheme': fixed(() => ({ headers: { authorization: 'Basic dXNlcjpwYXNz' }, answers: [withoutToken] })),
  'two tokens in a header': fixed(() => ({
    headers: { authorization: 'Bearer one two' },
    answers: malformed('The Authorization header must carry exactly one token'),
  })),
  'two Authorization headers': fixed(({ server }) => ({
    headers: { authorization: [`Bearer ${jwt(server.main).text}`, `Bearer ${jwt(server.main).text}`] },
    answers: malformed('Only one Authorization header is allowed'),
  })),
  'a token in the query too': fixed(({ server }) => ({
    headers: { authorization: `Bearer ${jwt(server.main).text}` },
    query: '?access_token=x',
    answers: malformed('The access token must be sent in the Authorization header alone'),
  })),
  'a huge header': fixed(() => ({ headers: { 'x-padding': 'x'.repeat(20_000) }, answers: [refusedByNode(431)] })),
  'no HTTP': fixed(() => ({ octets: '\u0000\u0001 garbage\r\n\r\n', answers: [refusedByNode(400)] })),
  'a client that goes away': (world) => ({ ...world.good('account'), aborts: true }),
  // what is no token of ours
  'a huge token': unverified('The issuer of the access token is not known', () =>
    [encoded({ alg: 'ES256' }), encoded({ x: 'x'.repeat(9_000) }), 'AAAA'].join('.'),
  ),
  'a broken JWT': unverified(
    'The access token is not a readable JWT',
    () => `eyJ${randomBytes(9).toString('hex')}.e30.AAAA`,
  ),
  'no b64token': unverified('The access token is not active', () => `%${randomBytes(9).toString('hex')}`),
  'five parts': unverified('The access token is not a signed JWT', () => `${encoded({ alg: 'dir' })}.e30.e30.e30.e30`),
  'an unknown issuer': (world) => {
    const iss = `${world.server.origin}/stranger-${world.integer(50)}`;
    return early('The issuer of the access token is not known', {}, { iss })(world);
  },
  'alg none': early('The access token is signed with an algorithm that is not allowed', { alg: 'none' }),
  'alg HS256 by the public key': unverified(
    'The access token is signed with an algorithm that is not allowed',
    ({ main }) => {
      const [, payload] = jwt(main).text.split('.');
      const input = `${encoded({ alg: 'HS256', typ: 'at+jwt', kid: main.signing.kid })}.${payload}`;
      const secret = JSON.stringify(main.signing.jwk);
      return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    },
  ),
  crit: early('The access token has critical header parameters that are not understood', { crit: ['x'], x: 1 }),
  'an ID token': early('The token is not marked as an access token (typ at+jwt)', { typ: 'JWT' }),
  'another audience': early('The access token is for another audience', {}, { aud: 'https://other.example' }),
  'an expired token': (world) => claiming({ exp: ago(60) })(world),
  'not yet valid': (world) => early('The access token is not valid yet', {}, { nbf: ago(-60) })(world),
  'an unknown key': flawed({ header: { kid: 'unknown' } }),
  'a withdrawn key': (world) => {
    const issuer = world.pick(world.server.issuers);
    return { route: world.pick(GUARDED), token: jwt(issuer, { key: world.formerKeyOf(issuer) }) };
  },
  'another signature': sent((_, issuer) => {
    const token = jwt(issuer, { late: 'The signature of the access token is not valid' });
    return { ...token, text: tampered(token.text) };
  }),
  'issued in the future': (world) =>
    late('The access token is issued in the future; check the clocks', { iat: ago(-60) })(world),
  'no subject': late('The access token has no subject', { sub: undefined }),
  // what is not sufficient
  'a token in use that has expired, aged or lost its key': (world) => world.worn(),
  'a weak acr': claiming({ acr: 'urn:example:pwd' }, ['transfer']),
  'no acr': claiming({ acr: undefined }, ['transfer']),
  'an acr that is a number': claiming({ acr: 2 }, ['transfer']),
  'an old sign-in': (world) => claiming({ auth_time: ago(HOUR) }, ['transfer'])(world),
  'a weak and old one': (world) => claiming({ auth_time: ago(HOUR), acr: 'urn:example:pwd' }, ['transfer'])(world),
  'no auth_time': claiming({ auth_time: undefined }, ['transfer']),
  'auth_time in milliseconds': (world) => claiming({ auth_time: ago(0) * 1000 }, ['transfer'])(world),
  'auth_time in the future': (world) => claiming({ auth_time: ago(-60) }, ['transfer'])(world),
  'a missing scope': claiming({ scope: 'openid' }, ['scoped']),
  'a client without user': claiming({ acr: undefined, auth_time: undefined, sub: 'client' }, ['transfer']),
  // opaque tokens
  'an unknown opaque token': sent(() => ({ kind: 'opaque', text: `opaque-${randomBytes(16).toString('hex')}` })),
  'a revoked opaque token': (world) => ({ route: world.pick(GUARDED), token: world.revoked() }),
  'an expired opaque token': sent(({ server }) => opaque(server, { claims: { exp: ago(60) } })),
  'a weak opaque token': sent(({ server }) => opaque(server, { claims: { acr: 'urn:example:pwd' } }), ['transfer']),
  // the directory of customers
  'a resolver that throws': fixed(({ server }) => ({
    token: jwt(server.main, { claims: { iss: `${server.origin}/broken` } }),
    answers: [unavailable()],
  })),
  // bound tokens
  'bound without proof': (world) => ({
    route: world.pick(GUARDED),
    token: bound(world.server.main),
    scheme: world.pick(['Bearer', 'DPoP']),
    proof: { text: undefined, fault: 'The request has no DPoP proof' },
  }),
  'unbound under DPoP': (world) => {
    const route = world.pick(GUARDED);
    const token = jwt(world.server.main);
    return { route, token, scheme: 'DPoP', proof: proofOf(token, methodAndPath(route), { keys: otherKeys }) };
  },
  'a proof of another key': withProof(() => ({
    keys: otherKeys,
    fault: 'The access token is bound to another key than that of the DPoP proof',
    error: 'invalid_token',
  })),
  'a proof of another method': withProof(() => ({
    claims: { htm: 'PUT' },
    fault: 'The DPoP proof is for another method (htm)',
  })),
  'a proof for another URL': withProof(() => ({
    claims: { htu: 'https://api.example.com/other' },
    fault: 'The DPoP proof is for another URL (htu)',
  })),
  'a proof for another token': withProof(() => ({
    claims: { ath: 'x' },
    fault: 'The DPoP proof is for another access token (ath)',
  })),
  'an old proof': withProof(() => ({ claims: { iat: ago(120) }, fault: 'The DPoP proof is too old' })),
  'a proof from the future': withProof(() => ({
    claims: { iat: ago(-120) },
    fault: 'The DPoP proof was made in the future; check the clocks',
  })),
  'a broken proof': proven(() => ({ text: 'x.y.z', fault: 'The DPoP proof is not a readable JWT' })),
  'a replayed proof': (world) => world.replayed(),
  'one proof in two requests at once': (world) => ({ ...world.good('account', 'bound'), twin: true }),
  'a weak bound token': (world) => {
    const token = bound(world.server.main, { claims: { acr: 'urn:example:pwd' } });
    return { route: 'transfer', scheme: 'DPoP', token, proof: proofOf(token, methodAndPath('transfer')) };
  },
};
