import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { Controller, Get, Header, Post, Req, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { JWK } from 'jose';
import {
  AccessTokenGuard,
  AcrGuard,
  type Decision,
  RequireAcr,
  StepUpContext,
  type StepUpRegisterOptions,
  StepUpService,
} from 'nestjs-step-up';
import type { TestAuthorizationServer } from 'nestjs-step-up/testing';
import { stopClock } from '../../support/clock.js';
import { describeOverHttp, type Response } from '../../support/describe-over-http.js';
import { type DPoPKey, dpopHeaders, dpopKey, PUBLIC_URL } from '../../support/dpop.js';
import { DONE, done, handler } from '../../support/handler.js';
import { encode, signToken } from '../../token/signed-token.js';

const ALGS = 'ES256 ES384 ES512 PS256 RS256 EdDSA Ed25519';
const DPOP = `DPoP realm="api", algs="${ALGS}"`;
const BEARER = 'Bearer realm="api"';

afterEach(() => void jest.useRealTimers());

let key: DPoPKey;
let otherKey: DPoPKey;
beforeAll(async () => {
  key = await dpopKey();
  otherKey = await dpopKey();
});

type Further = Partial<StepUpRegisterOptions>;

/** Options of an application whose server accepts bound tokens. */
const accepting = (
  { issuer, audience }: TestAuthorizationServer,
  further: Further = {},
  boundTokens: NonNullable<StepUpRegisterOptions['authorizationServers'][number]['boundTokens']> = 'accepted',
): Further => ({
  authorizationServers: [{ issuer, audience, boundTokens }],
  publicUrl: PUBLIC_URL,
  ...further,
});

/** A 401 under DPoP, where Bearer is accepted too. */
function refusedUnderDPoP(error: string, description: string): Response {
  return {
    status: 401,
    headers: {
      'cache-control': ['no-store'],
      'content-type': ['application/json; charset=utf-8'],
      'www-authenticate': [
        `DPoP realm="api", error="${error}", error_description="${description}", algs="${ALGS}"`,
        BEARER,
      ],
    },
    body: { error, error_description: description },
  };
}

const served = { status: 200, body: DONE };

@Controller()
class TransfersController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get()
  @UseGuards(AccessTokenGuard)
  list() {
    return done();
  }

  @Get('guarded')
  @UseGuards(AuthGuard('jwt'))
  guarded() {
    return done();
  }

  @Get('both')
  @UseGuards(AuthGuard('jwt'), AcrGuard)
  @RequireAcr('mfa')
  both() {
    return done();
  }

  @Post('transfers')
  @RequireAcr('mfa', { maxAge: 300 })
  transfer() {
    return done();
  }

  @Get('scoped')
  @RequireAcr({ scope: 'transfer:write' })
  scoped() {
    return done();
  }

  @Get('further')
  @RequireAcr('mfa')
  async further(@StepUpContext() at: unknown, @Req() request: object) {
    await this.stepUp.require(at, 'mfa');
    await this.stepUp.require(request, 'mfa');
    return done();
  }
}

describeOverHttp('D1 to D5: tokens that are bound by DPoP', ({ serve, accessToken, server }) => {
  let send: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    send = await serve(TransfersController, accepting(server));
  });
  const bound = (options: Parameters<typeof accessToken>[0] = {}) =>
    accessToken({ acr: 'mfa', ...options, claims: { cnf: key.cnf, ...options?.claims } });

  it.each(['/', '/guarded', '/both', '/further'])(
    'D1 RS-110 a token with a good proof is accepted at %s',
    async (path) => {
      const token = await bound();
      const proof = key.proof({ token, htu: PUBLIC_URL + path });
      expect(await send({ path, headers: dpopHeaders(token, proof) })).toMatchObject(served);
    },
  );

  it.each(['ES256', 'ES384', 'ES512', 'PS256', 'RS256', 'EdDSA'])('D1 a proof by %s is accepted', async (algorithm) => {
    const own = await dpopKey(algorithm);
    const token = await bound({ claims: { cnf: own.cnf } });
    expect(await send({ headers: dpopHeaders(token, own.proof({ token })) })).toMatchObject(served);
  });

  it('D1 a proof by Ed25519 under its own name is accepted', async () => {
    const own = await dpopKey('EdDSA');
    const token = await bound({ claims: { cnf: own.cnf } });
    const [, payload] = own.proof({ token }).split('.') as [string, string];
    const header = { typ: 'dpop+jwt', alg: 'Ed25519', jwk: own.jwk };
    const proof = signToken('EdDSA', own.privateKey, header, Buffer.from(payload, 'base64url'));
    expect(await send({ headers: dpopHeaders(token, proof) })).toMatchObject(served);
  });

  it.each<[algorithm: string, further: object]>([
    ['ES256', { alg: 'ES256', use: 'sig', key_ops: ['verify'], kid: 'a', ext: true, x5u: 'https://evil.example/cert' }],
    ['EdDSA', { alg: 'Ed25519', key_ops: ['verify', 'sign'] }],
    ['EdDSA', { alg: 'EdDSA' }],
  ])('D1 a key of %s may say more of itself: %j', async (algorithm, further) => {
    const own = await dpopKey(algorithm);
    const token = await accessToken({ acr: 'mfa', claims: { cnf: own.cnf } });
    const proof = own.proof({ token, header: { jwk: { ...own.jwk, ...further } } });
    expect(await send({ headers: dpopHeaders(token, proof) })).toMatchObject(served);
  });

  it('D1 the scheme in another case is accepted', async () => {
    const token = await bound();
    const headers = { ...dpopHeaders(token, key.proof({ token })), authorization: `dpop ${token}` };
    expect(await send({ headers })).toMatchObject(served);
  });

  it('D2 a proof of another key is refused', async () => {
    const token = await bound();
    const description = 'The access token is bound to another key than that of the DPoP proof';
    const response = await send({ headers: dpopHeaders(token, otherKey.proof({ token })) });
    expect(response).toEqual(refusedUnderDPoP('invalid_token', description));
    expect(done).not.toHaveBeenCalled();
  });

  it.each(['/', '/guarded', '/both'])('D3 a proof that was used before is refused at %s', async (path) => {
    const token = await bound();
    const headers = dpopHeaders(token, key.proof({ token, htu: PUBLIC_URL + path }));
    expect(await send({ path, headers })).toMatchObject(served);
    const replayed = refusedUnderDPoP('invalid_dpop_proof', 'The DPoP proof was used before');
    expect(await send({ path, headers })).toEqual(replayed);
    expect(done).toHaveBeenCalledTimes(1);
  });

  it('D3 of two requests at the same moment with one proof, one is served', async () => {
    const token = await bound();
    const headers = dpopHeaders(token, key.proof({ token }));
    const responses = await Promise.all([send({ headers }), send({ headers }), send({ headers })]);
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
  });

  it('D3 a token that was accepted before needs a proof at every use', async () => {
    const token = await bound();
    for (const _ of [1, 2, 3]) {
      expect(await send({ headers: dpopHeaders(token, key.proof({ token })) })).toMatchObject(served);
    }
    const withoutProof = await send({ headers: { authorization: `DPoP ${token}` } });
    expect(withoutProof).toEqual(refusedUnderDPoP('invalid_dpop_proof', 'The request has no DPoP proof'));
  });

  it('D4 RS-110 RS-111 RS-112 a weak acr is challenged under DPoP', async () => {
    const token = await bound({ acr: 'pwd' });
    const proof = key.proof({ token, htm: 'POST', htu: `${PUBLIC_URL}/transfers` });
    const response = await send({ path: '/transfers', method: 'POST', headers: dpopHeaders(token, proof) });
    expect(response).toEqual({
      status: 401,
      headers: {
        'cache-control': ['no-store'],
        'content-type': ['application/json; charset=utf-8'],
        'www-authenticate': [
          'DPoP realm="api", error="insufficient_user_authentication", ' +
            'error_description="A different authentication is required", acr_values="mfa", max_age="300", ' +
            `algs="${ALGS}"`,
          BEARER,
        ],
      },
      body: {
        error: 'insufficient_user_authentication',
        error_description: 'A different authentication is required',
        acr_values: 'mfa',
        max_age: 300,
        reasons: ['acr_unmet'],
      },
    });
  });

  it('D4 RS-112 a bearer token with a weak acr is challenged under Bearer', async () => {
    const token = await accessToken({ acr: 'pwd' });
    const { headers } = await send({ path: '/transfers', method: 'POST', token });
    expect(headers['www-authenticate']).toEqual([
      expect.stringMatching(/^Bearer realm="api", error="insufficient_user_authentication"/),
      DPOP,
    ]);
  });

  it('D4 a lacking scope is told under DPoP', async () => {
    const token = await bound();
    const proof = key.proof({ token, htu: `${PUBLIC_URL}/scoped` });
    const { status, headers } = await send({ path: '/scoped', headers: dpopHeaders(token, proof) });
    expect(status).toBe(403);
    expect(headers['www-authenticate']).toEqual([
      'DPoP realm="api", error="insufficient_scope", error_description="The access token lacks a scope", ' +
        `scope="transfer:write", algs="${ALGS}"`,
      BEARER,
    ]);
  });

  it.each(['/', '/guarded', '/both'])(
    'D5 RS-114 a bound token is no bearer token at %s, even next to a proof',
    async (path) => {
      const token = await bound();
      const proof = key.proof({ token, htu: PUBLIC_URL + path });
      for (const headers of [{}, { dpop: proof }] as Record<string, string>[]) {
        const description = 'The access token is bound to a DPoP key; send it under the scheme DPoP';
        const response = await send({ path, token, headers });
        expect(response).toMatchObject({
          status: 401,
          body: { error: 'invalid_token', error_description: description },
        });
        expect(response.headers['www-authenticate']).toEqual([
          `Bearer realm="api", error="invalid_token", error_description="${description}"`,
          DPOP,
        ]);
      }
      expect(done).not.toHaveBeenCalled();
      // the proof is not used up by that
      expect(await send({ path, headers: dpopHeaders(token, proof) })).toMatchObject(served);
    },
  );

  it('an unbound token under the scheme DPoP is refused', async () => {
    const token = await accessToken({ acr: 'mfa' });
    const response = await send({ headers: dpopHeaders(token, key.proof({ token })) });
    expect(response).toEqual(refusedUnderDPoP('invalid_token', 'The access token is not bound to a key'));
  });

  it('a bearer token is accepted next to bound ones', async () => {
    expect(await send({ token: await accessToken() })).toMatchObject(served);
  });

  it('RS-113 without a token both schemes are offered, and neither has an error', async () => {
    const { status, headers } = await send();
    expect([status, headers['www-authenticate']]).toEqual([401, [BEARER, DPOP]]);
  });

  it('an expired token is refused under DPoP before its proof is looked at', async () => {
    const token = await bound({ expiresIn: -60 });
    const response = await send({ headers: { authorization: `DPoP ${token}` } });
    expect(response).toEqual(refusedUnderDPoP('invalid_token', 'The access token has expired'));
  });

  it('a script of another origin may read both challenges', async () => {
    const { headers } = await send({ headers: { origin: 'https://app.example' } });
    expect(headers['access-control-expose-headers']).toEqual(['WWW-Authenticate']);
  });

  type Hostile = (token: string, at: { now: number }) => string | string[] | Promise<string | string[]>;
  const ES256 = { typ: 'dpop+jwt', alg: 'ES256' };
  const claimed =
    (claims: Record<string, unknown>): Hostile =>
    (token) =>
      key.proof({ token, claims });
  const headed =
    (header: Record<string, unknown>): Hostile =>
    (token) =>
      key.proof({ token, header });
  const to =
    (htu: string): Hostile =>
    (token) =>
      key.proof({ token, htu });

  it.each<[description: string, hostile: Record<string, Hostile>]>([
    ['The request has no DPoP proof', { 'an empty header': () => '' }],
    [
      'Only one DPoP header with one proof is allowed',
      {
        'two headers': (token) => [key.proof({ token }), key.proof({ token })],
        'the same header twice': (token) => Array(2).fill(key.proof({ token })),
        'two proofs in one header': (token) => `${key.proof({ token })}, ${key.proof({ token })}`,
        'two proofs without a space': (token) => `${key.proof({ token })},${key.proof({ token })}`,
      },
    ],
    [
      'The DPoP proof is not a readable JWT',
      {
        garbage: () => 'garbage',
        'two parts': (token) => key.proof({ token }).split('.').slice(0, 2).join('.'),
        'no signature': (token) => `${key.proof({ token }).split('.').slice(0, 2).join('.')}.`,
        'a header that is no object': () => `${encode('[]')}.${encode('{}')}.AAAA`,
        'a payload that is no object': (token) => `${key.proof({ token }).split('.')[0]}.${encode('null')}.AAAA`,
        'a space within': (token) => key.proof({ token }).replace('.', '. .'),
      },
    ],
    [
      'The DPoP proof is not marked as one (typ dpop+jwt)',
      {
        'no typ': headed({ typ: undefined }),
        'typ JWT': headed({ typ: 'JWT' }),
        'typ at+jwt': headed({ typ: 'at+jwt' }),
        'typ a number': headed({ typ: 1 }),
        'the access token itself': (token) => token,
      },
    ],
    [
      'The DPoP proof has critical header parameters',
      { crit: headed({ crit: ['x'], x: 1 }), 'empty crit': headed({ crit: [] }) },
    ],
    [
      'The DPoP proof is signed with an algorithm that is not allowed',
      {
        'alg none': (token) =>
          `${encode({ ...ES256, alg: 'none', jwk: key.jwk })}.${key.proof({ token }).split('.')[1]}.AAAA`,
        'no alg': headed({ alg: undefined }),
        HS256: (token) => {
          const input = `${encode({ ...ES256, alg: 'HS256', jwk: key.jwk })}.${key.proof({ token }).split('.')[1]}`;
          const secret = key.publicKey.export({ type: 'spki', format: 'pem' });
          return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
        },
        'an algorithm that is not listed': async (token) => (await dpopKey('PS512')).proof({ token }),
        'a list of algorithms': (token) =>
          signToken('ES256', key.privateKey, { ...ES256, alg: ['ES256'], jwk: key.jwk }, { ath: token }),
      },
    ],
    [
      'The DPoP proof has no usable public key (jwk)',
      {
        'no jwk': headed({ jwk: undefined }),
        'jwk null': headed({ jwk: null }),
        'jwk a list': headed({ jwk: [] }),
        'a private key': (token) => key.proof({ token, header: { jwk: key.privateJwk } }),
        'a private exponent that is no text': (token) => key.proof({ token, header: { jwk: { ...key.jwk, d: null } } }),
        'a symmetric key': headed({ jwk: { kty: 'oct', k: 'AAAA' } }),
        'an unknown type': headed({ jwk: { kty: 'XYZ', x: 'AAAA' } }),
        'a type that objects inherit': headed({ jwk: { kty: 'constructor' } }),
        'a coordinate that is no text': (token) => key.proof({ token, header: { jwk: { ...key.jwk, x: 1 } } }),
        'a key for another algorithm': (token) => key.proof({ token, header: { jwk: { ...key.jwk, alg: 'ES384' } } }),
        'an algorithm that is no text': (token) => key.proof({ token, header: { jwk: { ...key.jwk, alg: null } } }),
        'a key for encryption': (token) => key.proof({ token, header: { jwk: { ...key.jwk, use: 'enc' } } }),
        'a key to sign with': (token) => key.proof({ token, header: { jwk: { ...key.jwk, key_ops: ['sign'] } } }),
        'an operation that is in no list': (token) =>
          key.proof({ token, header: { jwk: { ...key.jwk, key_ops: 'verify' } } }),
        'no coordinate': (token) => key.proof({ token, header: { jwk: { ...key.jwk, y: undefined } } }),
      },
    ],
    [
      'The signature of the DPoP proof is not valid',
      {
        'another key than it shows': (token) => key.proof({ token, signedBy: otherKey.privateKey }),
        'a changed claim': (token) => {
          const [header, , signature] = key.proof({ token }).split('.');
          const [, payload] = key.proof({ token, claims: { jti: 'other' } }).split('.');
          return [header, payload, signature].join('.');
        },
        'a signature that is too short': (token) => key.proof({ token }).slice(0, -4),
        'a signature of zeros': (token) =>
          key.proof({ token }).replace(/[^.]+$/, Buffer.alloc(64).toString('base64url')),
      },
    ],
    [
      'The DPoP proof lacks a claim, or has it in another type',
      Object.fromEntries(
        ['jti', 'htm', 'htu', 'ath', 'iat'].flatMap((name) =>
          [undefined, null, '', ['x'], {}, true].map((value) => [
            `${name} ${JSON.stringify(value)}`,
            claimed({ [name]: value }),
          ]),
        ),
      ),
    ],
    [
      'The DPoP proof lacks a claim, or has it in another type',
      { 'iat a text': claimed({ iat: String(Date.now() / 1000) }) },
    ],
    [
      'The DPoP proof is for another method (htm)',
      { POST: claimed({ htm: 'POST' }), 'in lower case': claimed({ htm: 'get' }), HEAD: claimed({ htm: 'HEAD' }) },
    ],
    [
      'The DPoP proof is for another URL (htu)',
      {
        'another host': to('https://evil.example/'),
        'http in place of https': to('http://api.example.com/'),
        'another port': to('https://api.example.com:8443/'),
        'another path': to('https://api.example.com/transfers'),
        'a longer path': to('https://api.example.com//'),
        'a host that begins alike': to('https://api.example.com.evil.example/'),
        'a user in front of another host': to('https://api.example.com@evil.example/'),
        'a user in front of the host': to('https://evil@api.example.com/'),
        'a path alone': to('/'),
        'no URL': to('garbage'),
        'another scheme': to('ftp://api.example.com/'),
        'a backslash': to('https://api.example.com\\'),
        'a line break': to('https://api.example.com/\n'),
        'a space': to(' https://api.example.com/'),
        'not ASCII': to('https://api.example.com/\u2215'),
      },
    ],
    [
      'The DPoP proof is for another access token (ath)',
      {
        'the hash of another token': (token) => key.proof({ token: `${token}x` }),
        'the token itself': (token) => key.proof({ token, claims: { ath: token } }),
      },
    ],
    [
      'The DPoP proof is too old',
      {
        'iat beyond maximum age and tolerance': (token, { now }) => key.proof({ token, claims: { iat: now - 66 } }),
        'iat zero': claimed({ iat: 0 }),
        'iat negative': claimed({ iat: -1 }),
        'exp that has passed': (token, { now }) => key.proof({ token, claims: { exp: now - 10 } }),
        'exp that is no number': claimed({ exp: 'never' }),
      },
    ],
    [
      'The DPoP proof was made in the future; check the clocks',
      {
        'iat beyond the tolerance': (token, { now }) => key.proof({ token, claims: { iat: now + 6 } }),
        'iat in milliseconds': (token, { now }) => key.proof({ token, claims: { iat: now * 1000 } }),
        'nbf in the future': (token, { now }) => key.proof({ token, claims: { nbf: now + 60 } }),
      },
    ],
  ])('a bad proof: %s', async (description, hostile) => {
    stopClock(Math.floor(Date.now() / 1000) * 1000);
    const token = await bound();
    for (const [name, make] of Object.entries(hostile)) {
      const proof = await make(token, { now: Math.floor(Date.now() / 1000) });
      const response = await send({ headers: { authorization: `DPoP ${token}`, dpop: proof } });
      expect({ name, ...response }).toEqual({ name, ...refusedUnderDPoP('invalid_dpop_proof', description) });
    }
    expect(done).not.toHaveBeenCalled();
  });

  it('a proof that is as old, and as far ahead, as may be is accepted', async () => {
    stopClock(Math.floor(Date.now() / 1000) * 1000);
    const token = await bound();
    const now = Math.floor(Date.now() / 1000);
    for (const iat of [now - 65, now - 60, now + 5, now - 0.5]) {
      const response = await send({ headers: dpopHeaders(token, key.proof({ token, claims: { iat } })) });
      expect({ iat: iat - now, status: response.status }).toEqual({ iat: iat - now, status: 200 });
    }
  });

  it('a curve that does not fit the algorithm, a point beside it, and a short RSA key are unusable', async () => {
    const p384 = await dpopKey('ES384');
    const beside = { ...key.jwk, x: key.jwk['y'], y: key.jwk['x'] };
    const short = { kty: 'RSA', n: Buffer.alloc(128, 0xc3).toString('base64url'), e: 'AQAB' };
    const { calculateJwkThumbprint } = await import('jose');
    for (const [alg, jwk] of [
      ['ES256', p384.jwk],
      ['ES256', beside],
      ['PS256', short],
      ['RS256', key.jwk],
    ] as const) {
      const token = await bound({ claims: { cnf: { jkt: await calculateJwkThumbprint(jwk as JWK) } } });
      const input = `${encode({ typ: 'dpop+jwt', alg, jwk })}.${key.proof({ token }).split('.')[1]}`;
      const response = await send({ headers: dpopHeaders(token, `${input}.${'A'.repeat(86)}`) });
      expect(response).toEqual(refusedUnderDPoP('invalid_dpop_proof', 'The DPoP proof has no usable public key (jwk)'));
    }
  });

  it('keys that are only named in the header count nothing', async () => {
    const token = await bound();
    const header = { kid: otherKey.jkt, jku: 'https://evil.example/jwks', x5u: 'https://evil.example/cert' };
    expect(await send({ headers: dpopHeaders(token, key.proof({ token, header })) })).toMatchObject(served);
  });

  it.each<[name: string, cnf: unknown]>([
    ['null', null],
    ['a text', 'jkt'],
    ['a list', [{ jkt: 'x' }]],
    ['nothing', {}],
    ['a thumbprint that is no text', { jkt: 1 }],
    ['a thumbprint of another length', { jkt: 'AAAA' }],
    ['a key', { jwk: { kty: 'EC' } }],
    ['the id of a key', { kid: 'a' }],
  ])('RS-114 a token whose cnf is %s is refused', async (_, cnf) => {
    const token = await bound({ claims: { cnf } });
    const description = 'The access token is bound to a key, and no proof of possession is accepted here';
    const response = await send({ headers: dpopHeaders(token, key.proof({ token })) });
    expect(response).toEqual(refusedUnderDPoP('invalid_token', description));
  });

  it('RS-114 a token that is bound to a key in a further way is refused, even with a good proof', async () => {
    const token = await bound({ claims: { cnf: { ...key.cnf, kid: 'a' } } });
    const response = await send({ headers: dpopHeaders(token, key.proof({ token })) });
    expect(response).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
  });

  it('what Keycloak says of the thumbprint in cnf names no key, and is none by itself', async () => {
    const status = async (cnf: object) => {
      const token = await bound({ claims: { cnf } });
      return (await send({ headers: dpopHeaders(token, key.proof({ token })) })).status;
    };
    expect([
      await status({ ...key.cnf, 'kc-jkt-type': 'DPoP' }),
      await status({ ...key.cnf, 'kc-jkt-type': 'other' }),
      await status({ 'kc-jkt-type': 'DPoP' }),
    ]).toEqual([200, 401, 401]);
  });

  it('a token that is bound to a certificate too needs that one as well', async () => {
    const token = await bound({ claims: { cnf: { ...key.cnf, 'x5t#S256': key.jkt } } });
    const response = await send({ headers: dpopHeaders(token, key.proof({ token })) });
    const description = 'The access token is bound to a client certificate, and none was presented';
    expect(response).toEqual(refusedUnderDPoP('invalid_token', description));
  });

  it('an opaque token of a server that introspects none is refused under DPoP', async () => {
    const response = await send({ headers: dpopHeaders('opaque', key.proof({ token: 'opaque' })) });
    expect(response).toEqual(refusedUnderDPoP('invalid_token', 'The access token is not a signed JWT'));
  });

  it('a second token in the query is an invalid request, told under the scheme of the request', async () => {
    const token = await bound();
    const response = await send({ path: `/?access_token=${token}`, headers: dpopHeaders(token, key.proof({ token })) });
    expect(response.status).toBe(400);
    expect(response.headers['www-authenticate']).toEqual([expect.stringMatching(/^DPoP .*invalid_request/), BEARER]);
  });

  it('each refusal has its code in the decision, and in the advice where the operator can do something', async () => {
    const decisions: Decision[] = [];
    const stop = send.app.get(StepUpService).onDecision((decision) => decisions.push(decision));
    const token = await bound();
    await send({ headers: dpopHeaders(token, key.proof({ token, htu: 'https://internal:3000/' })) });
    stop();
    expect(decisions).toEqual([
      {
        route: 'TransfersController.list',
        transport: 'http',
        outcome: 'refused',
        code: 'proof_url_mismatch',
        issuer: server.issuer,
        claim: 'htu',
        found: 'https://internal:3000',
        expected: [PUBLIC_URL],
      },
    ]);
  });
});

describeOverHttp('the URL of a proof', ({ serve, accessToken, server, log }) => {
  const bound = () => accessToken({ acr: 'mfa', claims: { cnf: key.cnf } });

  @Controller()
  @UseGuards(AccessTokenGuard)
  class PathsController {
    @Get(['', ':one', ':one/:two'])
    list() {
      return done();
    }
  }

  it.each<[path: string, htu: string]>([
    ['/', 'https://api.example.com'],
    ['/', 'HTTPS://API.EXAMPLE.COM:443/'],
    ['/?to=bob', 'https://api.example.com/'],
    ['/', 'https://api.example.com/?to=bob'],
    ['/', 'https://api.example.com/#part'],
    ['/a?x=/../b', 'https://api.example.com/a'],
    ['/a', 'https://api.example.com/%61'],
    ['/%7Ea', 'https://api.example.com/~a'],
    ['/a', 'https://api.example.com/b/../a'],
    ['/a', 'https://api.example.com/b/%2e%2E/a'],
    ['/a/b', 'https://api.example.com/a/./b'],
    ['/a%20b', 'https://api.example.com/a%20b'],
    ['/%C3%A4', 'https://api.example.com/%c3%a4'],
  ])('%s is %s', async (path, htu) => {
    const send = await serve(PathsController, accepting(server));
    const token = await bound();
    expect(await send({ path, headers: dpopHeaders(token, key.proof({ token, htu })) })).toMatchObject(served);
  });

  it.each<[path: string, htu: string]>([
    ['/a', 'https://api.example.com/A'],
    ['/a', 'https://api.example.com/a/'],
    ['/a', 'https://api.example.com/?/a'],
    ['/a/b', 'https://api.example.com/a%2Fb'],
    ['/a%2Fb', 'https://api.example.com/a/b'],
    ['/a', 'https://api.example.com/%2561'],
  ])('%s is not %s', async (path, htu) => {
    const send = await serve(PathsController, accepting(server));
    const token = await bound();
    const response = await send({ path, headers: dpopHeaders(token, key.proof({ token, htu })) });
    expect(response).toMatchObject({ status: 401, body: { error: 'invalid_dpop_proof' } });
    expect(done).not.toHaveBeenCalled();
  });

  it.each(['/../a', '/%2e%2e/a', '/./a', '/%61'])(
    'a proof for the handler of one name is not accepted by that of two names, at %s',
    async (path) => {
      const send = await serve(PathsController, accepting(server));
      const token = await bound();
      const headers = dpopHeaders(token, key.proof({ token, htu: 'https://api.example.com/a' }));
      const { hostname, port } = new URL(send.url);
      // unlike with an URL, the target is sent as it is
      const status = await new Promise((resolve, reject) => {
        const sent = request({ hostname, port, path, headers }, (response) => resolve(response.resume().statusCode));
        sent.on('error', reject).end();
      });
      expect(status).toBe(401);
      expect(done).not.toHaveBeenCalled();
    },
  );

  it('is compared with publicUrl, and never with the Host header or what proxies forward', async () => {
    const send = await serve(PathsController, accepting(server));
    const token = await bound();
    const evil = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example;proto=https',
      'x-forwarded-proto': 'http',
    };
    const refused = await send({
      headers: { ...evil, ...dpopHeaders(token, key.proof({ token, htu: 'https://evil.example/' })) },
    });
    expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_dpop_proof' } });
    const good = await send({ headers: { ...evil, ...dpopHeaders(token, key.proof({ token })) } });
    expect(good).toMatchObject(served);
    expect(log.filter((line) => line.includes('proof_url_mismatch'))).toEqual([
      '[proof_url_mismatch] ' +
        `${server.issuer}: a DPoP proof is for a URL at "https://evil.example", and "publicUrl" is at ` +
        '"https://api.example.com"; set "publicUrl" to the URL that clients use, with the path that a proxy removes; ' +
        'see docs/bound-tokens.md',
    ]);
  });

  it.each<[name: string, publicUrl: string, prefix: string | undefined, htu: string]>([
    ['a global prefix', PUBLIC_URL, 'v1', `${PUBLIC_URL}/v1/a`],
    ['a path that a proxy removes', `${PUBLIC_URL}/bank`, undefined, `${PUBLIC_URL}/bank/a`],
    ['the same with a slash at the end', `${PUBLIC_URL}/bank/`, undefined, `${PUBLIC_URL}/bank/a`],
    ['both', `${PUBLIC_URL}/bank`, 'v1', `${PUBLIC_URL}/bank/v1/a`],
  ])('has the path that clients use: %s', async (_, publicUrl, prefix, htu) => {
    const send = await serve(
      { controllers: [PathsController], configure: (app) => prefix !== undefined && app.setGlobalPrefix(prefix) },
      accepting(server, { publicUrl }),
    );
    const path = prefix === undefined ? '/a' : `/${prefix}/a`;
    const token = await bound();
    expect(await send({ path, headers: dpopHeaders(token, key.proof({ token, htu })) })).toMatchObject(served);
    const elsewhere = await send({ path, headers: dpopHeaders(token, key.proof({ token, htu: `${PUBLIC_URL}/a` })) });
    expect(elsewhere.status).toBe(401);
  });

  it('is that which the client has used, also if middleware rewrites it', async () => {
    const send = await serve(
      {
        controllers: [PathsController],
        configure: (app) =>
          app.use((request: { url: string }, _: object, next: () => void) => {
            request.url = request.url.replace('/old', '/a');
            next();
          }),
      },
      accepting(server),
    );
    const token = await bound();
    const status = async (htu: string) =>
      (await send({ path: '/old', headers: dpopHeaders(token, key.proof({ token, htu })) })).status;
    expect([await status(`${PUBLIC_URL}/old`), await status(`${PUBLIC_URL}/a`)]).toEqual([200, 401]);
  });

  it('is for the method of the request, HEAD included', async () => {
    const send = await serve(PathsController, accepting(server));
    const token = await bound();
    const head = (htm: string) =>
      send({
        path: '/a',
        method: 'HEAD',
        headers: dpopHeaders(token, key.proof({ token, htm, htu: `${PUBLIC_URL}/a` })),
      });
    expect([(await head('HEAD')).status, (await head('GET')).status]).toEqual([200, 401]);
  });
});

describeOverHttp('what a server says of bound tokens', ({ serve, accessToken, server, log }) => {
  const route = () => handler(UseGuards(AccessTokenGuard));
  const unbound = () => accessToken();
  const bound = () => accessToken({ claims: { cnf: key.cnf } });

  it("'off' is the default: a bound token and the scheme DPoP are refused, and no DPoP is offered", async () => {
    for (const options of [undefined, accepting(server, { publicUrl: PUBLIC_URL }, 'off')]) {
      const send = await serve(route(), options);
      const token = await bound();
      const response = await send({ headers: dpopHeaders(token, key.proof({ token })) });
      expect(response).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
      expect(response.headers['www-authenticate']).toEqual([expect.stringMatching(/^Bearer [^D]*$/)]);
      const asBearer = await send({ token });
      expect(asBearer.body).toEqual({
        error: 'invalid_token',
        error_description: 'The access token is bound to a key, and no proof of possession is accepted here',
      });
      expect((await send()).headers['www-authenticate']).toEqual([BEARER]);
    }
  });

  it("'required' refuses a bearer token", async () => {
    const send = await serve(route(), accepting(server, {}, 'required'));
    const response = await send({ token: await unbound() });
    expect(response.body).toEqual({
      error: 'invalid_token',
      error_description: 'The access token is not bound to a key',
    });
    const token = await bound();
    expect(await send({ headers: dpopHeaders(token, key.proof({ token })) })).toMatchObject(served);
  });

  it("'required' by DPoP alone offers and answers under DPoP alone", async () => {
    const only = { policy: 'required', methods: ['dpop'] } as const;
    const send = await serve(route(), accepting(server, { dpop: { algorithms: ['ES256'] } }, only));
    expect((await send()).headers['www-authenticate']).toEqual(['DPoP realm="api", algs="ES256"']);
    const refused = await send({ token: await unbound() });
    expect(refused.headers['www-authenticate']).toEqual([
      'DPoP realm="api", error="invalid_token", error_description="The access token is not bound to a key", algs="ES256"',
    ]);
  });

  it("'required' by DPoP alone still offers Bearer if a resolved server can accept it", async () => {
    const dpop = { policy: 'required', methods: ['dpop'] } as const;
    const send = await serve(handler(UseGuards(AccessTokenGuard)), {
      ...accepting({ ...server, issuer: 'https://configured.example' }, {}, dpop),
      resolveAuthorizationServer: (issuer: string) => ({ issuer, audience: server.audience }),
    } as Further);
    expect((await send({ token: await accessToken() })).status).toBe(200);
    expect((await send()).headers['www-authenticate']).toEqual([BEARER, DPOP]);
  });

  it("'required' of a resolved server refuses a bearer token, and the advice does not ask for one", async () => {
    const send = await serve(handler(UseGuards(AccessTokenGuard)), {
      ...accepting({ ...server, issuer: 'https://configured.example' }),
      resolveAuthorizationServer: (issuer: string) => ({ issuer, audience: server.audience, boundTokens: 'required' }),
    } as Further);
    expect(await send({ token: await accessToken() })).toMatchObject({
      status: 401,
      body: { error_description: 'The access token is not bound to a key' },
    });
    expect(log.filter((line) => line.startsWith('[token_unbound]'))).toEqual([
      expect.stringMatching(/; have the server bind the tokens of this client, or set "boundTokens" to 'accepted'/),
    ]);
  });

  it('a method that is not listed is refused', async () => {
    const send = await serve(route(), {
      ...accepting(server, {}, { policy: 'accepted', methods: ['mtls'] }),
      publicUrl: undefined,
    });
    const token = await bound();
    expect(await send({ headers: dpopHeaders(token, key.proof({ token })) })).toMatchObject({
      status: 401,
      body: { error_description: 'Proof of possession is not supported here; send a bearer token' },
    });
    expect(await send({ token })).toMatchObject({
      status: 401,
      body: { error_description: 'The access token is bound to a key, and no proof of possession is accepted here' },
    });
  });

  it('each server has its own policy', async () => {
    const other = { issuer: 'https://other.example', audience: server.audience, boundTokens: 'accepted' } as const;
    const own = { issuer: server.issuer, audience: server.audience };
    const send = await serve(route(), { authorizationServers: [own, other], publicUrl: PUBLIC_URL });
    const token = await bound();
    expect(await send({ headers: dpopHeaders(token, key.proof({ token })) })).toMatchObject({
      status: 401,
      body: { error_description: 'The access token is bound to a key, and no proof of possession is accepted here' },
    });
    const bearer = await unbound();
    expect(await send({ headers: dpopHeaders(bearer, key.proof({ token: bearer })) })).toMatchObject({
      status: 401,
      body: { error_description: 'The access token is not bound to a key' },
    });
    expect(await send({ token: bearer })).toMatchObject(served);
  });

  it('a bound token that the option "accessToken" finds is refused: it has no scheme', async () => {
    const send = await serve(route(), {
      ...accepting(server),
      accessToken: (context) => context.switchToHttp().getRequest().headers['x-token'],
    });
    const token = await bound();
    const headers = { 'x-token': token, dpop: key.proof({ token }) };
    expect(await send({ headers })).toMatchObject({
      status: 401,
      body: { error_description: 'The access token is bound to a DPoP key; send it under the scheme DPoP' },
    });
    expect(await send({ headers: dpopHeaders(token, key.proof({ token })) })).toMatchObject(served);
  });

  it('D3 a proof that middleware has verified is not taken for used before', async () => {
    const judged = await serve(
      {
        controllers: [handler(RequireAcr('mfa'))],
        configure: (app) =>
          app.use(async (request: object, _response: unknown, next: () => void) => {
            await app.get(StepUpService).assess(request as never, 'mfa');
            next();
          }),
      },
      accepting(server),
    );
    const token = await accessToken({ acr: 'mfa', claims: { cnf: key.cnf } });
    const headers = dpopHeaders(token, key.proof({ token }));
    expect(await judged({ headers })).toMatchObject(served);
    expect(await judged({ headers: dpopHeaders(token, key.proof({ token })) })).toMatchObject(served);
  });

  it('the tolerance of the clocks counts for proofs too', async () => {
    const send = await serve(route(), accepting(server, { clockTolerance: 30, dpop: { proofMaxAge: 10 } }));
    stopClock(Math.floor(Date.now() / 1000) * 1000);
    const token = await bound();
    const now = Math.floor(Date.now() / 1000);
    const status = async (iat: number) =>
      (await send({ headers: dpopHeaders(token, key.proof({ token, claims: { iat } })) })).status;
    expect([await status(now - 40), await status(now - 41), await status(now + 30), await status(now + 31)]).toEqual([
      200, 401, 200, 401,
    ]);
  });
});

describeOverHttp('opaque tokens that introspection says are bound', ({ serve, server }) => {
  const route = () => handler(UseGuards(AccessTokenGuard));
  const introspecting = (boundTokens: 'off' | 'accepted' | 'required') => ({
    ...accepting(server),
    authorizationServers: [
      { issuer: server.issuer, audience: server.audience, boundTokens, introspection: server.introspection },
    ],
  });

  it.each(['DPoP', 'dpop', 'Bearer', undefined])('token_type %s: accepted with a proof alone', async (type) => {
    const send = await serve(route(), introspecting('accepted'));
    const token = server.opaqueToken({ claims: { cnf: key.cnf, token_type: type } });
    expect(await send({ token })).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    const other = await send({ headers: dpopHeaders(token, otherKey.proof({ token })) });
    expect(other).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    const headers = dpopHeaders(token, key.proof({ token }));
    expect(await send({ headers })).toMatchObject(served);
    expect(await send({ headers })).toMatchObject({ status: 401, body: { error: 'invalid_dpop_proof' } });
    expect(await send({ headers: dpopHeaders(token, key.proof({ token })) })).toMatchObject(served);
  });

  it('token_type DPoP without a key is refused', async () => {
    const send = await serve(route(), introspecting('accepted'));
    const token = server.opaqueToken({ claims: { token_type: 'DPoP' } });
    for (const headers of [{ authorization: `Bearer ${token}` }, dpopHeaders(token, key.proof({ token }))]) {
      expect(await send({ headers })).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    }
  });

  it("'required' refuses one that is not bound, 'off' one that is", async () => {
    const required = await serve(route(), introspecting('required'));
    expect(await required({ token: server.opaqueToken() })).toMatchObject({ status: 401 });
    const off = await serve(route(), introspecting('off'));
    expect(await off({ token: server.opaqueToken({ claims: { cnf: key.cnf } }) })).toMatchObject({ status: 401 });
    expect(await off({ token: server.opaqueToken() })).toMatchObject(served);
  });
});

describeOverHttp('server nonces', ({ serve, accessToken, server }) => {
  const route = () => handler(UseGuards(AccessTokenGuard));
  const bound = () => accessToken({ claims: { cnf: key.cnf } });
  const nonces = 'required';
  const nonceIn = ({ headers }: Response) => headers['dpop-nonce']?.[0];

  it('a proof without one gets use_dpop_nonce and a nonce, with which the next proof is accepted', async () => {
    const send = await serve(route(), accepting(server, { dpop: { nonces } }));
    const token = await bound();
    const refused = await send({ headers: dpopHeaders(token, key.proof({ token })) });
    const nonce = nonceIn(refused);
    const expected = refusedUnderDPoP('use_dpop_nonce', 'The DPoP proof needs the nonce of the DPoP-Nonce header');
    expect(refused).toEqual({ ...expected, headers: { ...expected.headers, 'dpop-nonce': [nonce] } });
    const accepted = await send({ headers: dpopHeaders(token, key.proof({ token, claims: { nonce } })) });
    expect(accepted).toMatchObject(served);
    // that for the next request
    expect(nonceIn(accepted)).toBe(nonce);
  });

  it.each<[name: string, nonce: unknown]>([
    ['a made-up one', 'A'.repeat(43)],
    ['an empty one', ''],
    ['a number', 1],
    ['null', null],
    ['a list', ['x']],
  ])('%s is refused by use_dpop_nonce', async (_, nonce) => {
    const send = await serve(route(), accepting(server, { dpop: { nonces } }));
    const token = await bound();
    const refused = await send({ headers: dpopHeaders(token, key.proof({ token, claims: { nonce } })) });
    expect(refused).toMatchObject({ status: 401, body: { error: 'use_dpop_nonce' } });
    expect(nonceIn(refused)).toMatch(/^[\w-]{43}$/);
  });

  it('a plain AuthGuard hands them out too', async () => {
    const send = await serve(handler(UseGuards(AuthGuard('jwt'))), accepting(server, { dpop: { nonces } }));
    const token = await bound();
    const nonce = nonceIn(await send({ headers: dpopHeaders(token, key.proof({ token })) }));
    const headers = dpopHeaders(token, key.proof({ token, claims: { nonce } }));
    expect(await send({ headers })).toMatchObject(served);
  });

  it('a response with one is kept out of caches, unless the handler says otherwise', async () => {
    const [silent, cached] = [
      await serve(route(), accepting(server, { dpop: { nonces } })),
      await serve(
        handler(UseGuards(AccessTokenGuard), Header('Cache-Control', 'private, max-age=60')),
        accepting(server, { dpop: { nonces } }),
      ),
    ];
    const token = await bound();
    const control = async (send: typeof silent) => {
      const nonce = nonceIn(await send({ headers: dpopHeaders(token, key.proof({ token })) }));
      const response = await send({ headers: dpopHeaders(token, key.proof({ token, claims: { nonce } })) });
      expect(response).toMatchObject(served);
      return response.headers['cache-control'];
    };
    expect([await control(silent), await control(cached)]).toEqual([['no-store'], ['private, max-age=60']]);
    const unbound = await silent({ token: await accessToken() });
    expect([unbound.status, unbound.headers['cache-control']]).toEqual([200, undefined]);
  });

  it('they are handed out also if middleware asks StepUpService, before a reply of Fastify is known', async () => {
    const send = await serve(
      {
        controllers: [route()],
        configure: (app) =>
          app.use((request: object, _: unknown, next: (error?: unknown) => void) => {
            void app
              .get(StepUpService)
              .require(request as never, { scope: 'read' })
              .then(() => next(), next);
          }),
      },
      accepting(server, { dpop: { nonces } }),
    );
    const token = await accessToken({ claims: { cnf: key.cnf, scope: 'read' } });
    const headers = { origin: 'https://app.example', ...dpopHeaders(token, key.proof({ token })) };
    const refused = await send({ headers });
    const nonce = nonceIn(refused);
    expect(refused).toMatchObject({ status: 401, body: { error: 'use_dpop_nonce' } });
    expect(refused.headers['access-control-expose-headers']?.join()).toContain('DPoP-Nonce');
    const accepted = await send({ headers: dpopHeaders(token, key.proof({ token, claims: { nonce } })) });
    expect(accepted).toMatchObject(served);
    expect(nonceIn(accepted)).toBe(nonce);
  });

  it('instances with one secret accept those of each other, and no others', async () => {
    const nonceSecret = 'a secret of more than thirty-two characters';
    const [one, other, stranger] = [
      await serve(route(), accepting(server, { dpop: { nonces, nonceSecret } })),
      await serve(route(), accepting(server, { dpop: { nonces, nonceSecret } })),
      await serve(route(), accepting(server, { dpop: { nonces } })),
    ];
    const token = await bound();
    const nonce = nonceIn(await one({ headers: dpopHeaders(token, key.proof({ token })) }));
    const statusAt = async (send: typeof one) =>
      (await send({ headers: dpopHeaders(token, key.proof({ token, claims: { nonce } })) })).status;
    expect([await statusAt(other), await statusAt(stranger)]).toEqual([200, 401]);
  });

  it('a script of another origin may read the nonce', async () => {
    const send = await serve(route(), accepting(server, { dpop: { nonces } }));
    const token = await bound();
    const headers = { origin: 'https://app.example', ...dpopHeaders(token, key.proof({ token })) };
    const refused = await send({ headers });
    expect(refused.headers['access-control-expose-headers']).toEqual(['DPoP-Nonce, WWW-Authenticate']);
  });

  it('without the option no nonce is handed out, and one in a proof counts nothing', async () => {
    const send = await serve(route(), accepting(server));
    const token = await bound();
    const accepted = await send({ headers: dpopHeaders(token, key.proof({ token, claims: { nonce: 'x' } })) });
    expect([accepted.status, nonceIn(accepted)]).toEqual([200, undefined]);
  });
});

describeOverHttp('a shared cache of used proofs', ({ serve, accessToken, server, log }) => {
  const route = () => handler(UseGuards(AccessTokenGuard));
  const bound = () => accessToken({ claims: { cnf: key.cnf } });

  it('refuses a proof that another instance has accepted', async () => {
    const { default: Keyv } = await import('keyv');
    const store = new Map();
    const instance = () => serve(route(), accepting(server, { dpop: { replayCache: new Keyv({ store }) } }));
    const [one, other] = [await instance(), await instance()];
    const token = await bound();
    const headers = dpopHeaders(token, key.proof({ token }));
    expect(await one({ headers })).toMatchObject(served);
    expect(await other({ headers })).toEqual(refusedUnderDPoP('invalid_dpop_proof', 'The DPoP proof was used before'));
    expect(JSON.stringify([...store])).not.toContain(key.jkt);
  });

  it('answers 503 if it fails, to requests with a bound token alone', async () => {
    const replayCache = { get: async () => Promise.reject(new Error('down')), set: async () => true };
    const send = await serve(route(), accepting(server, { dpop: { replayCache } }));
    const token = await bound();
    const response = await send({ headers: dpopHeaders(token, key.proof({ token })) });
    expect(response).toEqual({
      status: 503,
      headers: { 'content-type': ['application/json; charset=utf-8'], 'retry-after': ['1'] },
      body: {
        error: 'temporarily_unavailable',
        error_description: 'Proofs of bound access tokens cannot be checked at the moment',
      },
    });
    expect(await send({ token: await accessToken() })).toMatchObject(served);
    expect(log.filter((line) => line.includes('replay_cache_unavailable'))).toHaveLength(1);
  });
});
