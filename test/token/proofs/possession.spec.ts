import { createHash } from 'node:crypto';
import { Possession, type Presentation } from '../../../lib/token/proofs/possession.js';
import { checkPossession, type PossessionOptions } from '../../../lib/token/proofs/possession.options.js';
import { type DPoPKey, dpopHeaders, dpopKey, PUBLIC_URL } from '../../support/dpop.js';

const NOW = 1_800_000_000;
const TOKEN = 'an-access-token';
const CERTIFICATE = 'C'.repeat(43);

let key: DPoPKey;
let other: DPoPKey;
beforeAll(async () => {
  [key, other] = [await dpopKey(), await dpopKey()];
});

interface Case {
  /** Methods that a server accepts. Default is both. */
  methods?: readonly ('dpop' | 'mtls')[];
  policy?: 'accepted' | 'required';
  options?: PossessionOptions;
}

const boundTokensOf = ({ methods = ['dpop', 'mtls'], policy = 'accepted' }: Case) =>
  ({ policy, dpop: methods.includes('dpop'), mtls: methods.includes('mtls') }) as const;

function possessionOf(one: Case): Possession {
  const settings = checkPossession({ publicUrl: PUBLIC_URL, ...one.options }, [{ boundTokens: boundTokensOf(one) }]);
  return new Possession(settings as NonNullable<typeof settings>, 5);
}

/** A request with the proof of a key, over a connection with a certificate. */
function sent(by: DPoPKey | undefined, certificate?: string): Presentation['request'] {
  const proof = by?.proof({ token: TOKEN, claims: { iat: NOW } });
  return {
    method: 'GET',
    url: '/',
    headers: proof === undefined ? {} : dpopHeaders(TOKEN, proof),
    socket: { getPeerX509Certificate: () => (certificate === undefined ? undefined : { raw: certificate }) },
  };
}

function outcome(
  cnf: object | undefined,
  scheme: Presentation['scheme'],
  request: Presentation['request'],
  one: Case = {},
) {
  const server = { issuer: 'https://as.example', boundTokens: boundTokensOf(one) };
  const verified = { claims: cnf === undefined ? {} : { cnf }, event: {}, server };
  try {
    const clock = { now: NOW, clockTolerance: 5 };
    return possessionOf(one).verify(verified as never, TOKEN, { scheme, request }, clock) ?? 'accepted';
  } catch (error) {
    const { code, claim } = error as { code: string; claim?: string };
    return claim === undefined ? code : `${code} ${claim}`;
  }
}

// SHA-256 of what the connection of these tests has for a certificate
const THUMBPRINT = createHash('sha256').update(CERTIFICATE).digest('base64url');

describe('Possession', () => {
  test.each<[name: string, of: () => Parameters<typeof outcome>, expected: string]>([
    ['an unbound token as a bearer token', () => [undefined, 'Bearer', sent(undefined)], 'accepted'],
    ['an unbound token off HTTP', () => [undefined, 'Bearer', undefined], 'accepted'],
    ['RFC 9449 §7.1 an unbound token under DPoP', () => [undefined, 'DPoP', sent(key)], 'token_unbound cnf'],
    [
      'an unbound token where bound ones are required',
      () => [undefined, 'Bearer', sent(undefined), { policy: 'required' }],
      'token_unbound cnf',
    ],
    [
      'a bound token where bound ones are required',
      () => [key.cnf, 'DPoP', sent(key), { policy: 'required' }],
      'accepted',
    ],
    ['RFC 9449 §7.1 a token with the proof of its key', () => [key.cnf, 'DPoP', sent(key)], 'accepted'],
    ['RFC 9449 §7.1 a token with the proof of another key', () => [key.cnf, 'DPoP', sent(other)], 'proof_key_mismatch'],
    ['RFC 9449 §7.1 a token without a proof', () => [key.cnf, 'DPoP', sent(undefined)], 'proof_missing'],
    ['RFC 9449 §7.2 the same as a bearer token', () => [key.cnf, 'Bearer', sent(key)], 'dpop_scheme_missing cnf'],
    ['a bound token off HTTP', () => [key.cnf, 'DPoP', undefined], 'binding_unprovable cnf'],
    [
      'RFC 8705 §3 a token with the certificate that it is bound to',
      () => [{ 'x5t#S256': THUMBPRINT }, 'Bearer', sent(undefined, CERTIFICATE)],
      'accepted',
    ],
    [
      'RFC 8705 §3 a token with another certificate',
      () => [{ 'x5t#S256': THUMBPRINT }, 'Bearer', sent(undefined, 'another')],
      'certificate_mismatch cnf',
    ],
    [
      'RFC 8705 §3 a token without its certificate',
      () => [{ 'x5t#S256': THUMBPRINT }, 'Bearer', sent(undefined)],
      'certificate_missing cnf',
    ],
    ['the same off HTTP', () => [{ 'x5t#S256': THUMBPRINT }, 'Bearer', undefined], 'binding_unprovable cnf'],
    [
      'a token of a certificate alone, under DPoP',
      () => [{ 'x5t#S256': THUMBPRINT }, 'DPoP', sent(key, CERTIFICATE)],
      'token_unbound cnf',
    ],
    [
      'a token of both, with both',
      () => [{ ...key.cnf, 'x5t#S256': THUMBPRINT }, 'DPoP', sent(key, CERTIFICATE)],
      'accepted',
    ],
    [
      'a token of both, with the proof alone',
      () => [{ ...key.cnf, 'x5t#S256': THUMBPRINT }, 'DPoP', sent(key)],
      'certificate_missing cnf',
    ],
    [
      'a token of both, with the certificate alone',
      () => [{ ...key.cnf, 'x5t#S256': THUMBPRINT }, 'DPoP', sent(undefined, CERTIFICATE)],
      'proof_missing',
    ],
    [
      'a token of both as a bearer token',
      () => [{ ...key.cnf, 'x5t#S256': THUMBPRINT }, 'Bearer', sent(undefined, CERTIFICATE)],
      'dpop_scheme_missing cnf',
    ],
    [
      'a token of a key where no server has DPoP',
      () => [key.cnf, 'DPoP', sent(key), { methods: ['mtls'] }],
      'cnf_unsupported cnf',
    ],
    [
      'a token of a certificate where no server has mutual TLS',
      () => [{ 'x5t#S256': THUMBPRINT }, 'Bearer', sent(undefined, CERTIFICATE), { methods: ['dpop'] }],
      'certificate_missing cnf',
    ],
  ])('%s', (_, of, expected) => {
    expect(outcome(...of())).toBe(expected);
  });

  test('nonces are those of DPoP, if a server has it and the option asks for them', () => {
    const dpop = { nonces: 'required' } as const;
    expect(possessionOf({ options: { dpop } }).nonce(NOW)).toMatch(/^[\w-]{43}$/);
    expect(possessionOf({}).nonce(NOW)).toBeUndefined();
    expect(possessionOf({ methods: ['mtls'] }).nonce(NOW)).toBeUndefined();
  });

  test('the tolerance of the clocks is that of the memory of proofs too: a proof from ahead is used once', () => {
    const possession = possessionOf({});
    const server = { issuer: 'https://as.example', boundTokens: boundTokensOf({}) };
    const request = {
      method: 'GET',
      url: '/',
      headers: dpopHeaders(TOKEN, key.proof({ token: TOKEN, claims: { iat: NOW + 5 } })),
    };
    const at = (now: number) => () =>
      possession.verify(
        { claims: { cnf: key.cnf }, event: {}, server } as never,
        TOKEN,
        { scheme: 'DPoP', request },
        { now, clockTolerance: 5 },
      );
    expect(at(NOW)).not.toThrow();
    expect(at(NOW + 70)).toThrow('The DPoP proof was used before');
    expect(at(NOW + 71)).toThrow('The DPoP proof is too old');
  });
});

describe('checkPossession', () => {
  const of = (...servers: Case[]) => servers.map((one) => ({ boundTokens: boundTokensOf(one) }));
  const none: Case = { methods: [] };

  test('there is nothing to prove where no server accepts bound tokens', () => {
    expect(checkPossession({}, of(none))).toBeUndefined();
    expect(checkPossession({ publicUrl: PUBLIC_URL }, of(none, none))).toBeUndefined();
    expect(checkPossession({}, [], true)).toBeUndefined();
  });

  test('no further server is resolved at run time by default', () => {
    const required = of({ policy: 'required', methods: ['dpop'] });
    expect(checkPossession({ publicUrl: PUBLIC_URL }, required)).toMatchObject({ acceptsBearer: false });
  });

  test('each method is there if any server has it', () => {
    const settings = checkPossession({ publicUrl: PUBLIC_URL }, of(none, { methods: ['dpop'] }, { methods: ['mtls'] }));
    expect(settings).toMatchObject({
      dpop: { publicUrl: { origin: PUBLIC_URL } },
      certificateDigest: expect.any(Function),
    });
    expect(checkPossession({ publicUrl: PUBLIC_URL }, of({ methods: ['dpop'] }))).toMatchObject({
      certificateDigest: undefined,
    });
    expect(checkPossession({ publicUrl: PUBLIC_URL }, of({ methods: ['mtls'] }))).toMatchObject({ dpop: undefined });
    expect([settings, settings?.dpop].map(Object.isFrozen)).toEqual([true, true]);
  });

  test.each<[accepts: boolean, name: string, servers: Case[], isOpen: boolean]>([
    [true, 'a server accepts unbound tokens', [{ methods: ['dpop'] }], false],
    [false, 'every server requires DPoP', [{ policy: 'required', methods: ['dpop'] }], false],
    [true, 'one of two requires nothing', [{ policy: 'required', methods: ['dpop'] }, none], false],
    [true, 'RFC 8705 §3 a token of a certificate is sent as one', [{ policy: 'required', methods: ['mtls'] }], false],
    [true, 'servers are resolved at run time', [{ policy: 'required', methods: ['dpop'] }], true],
  ])('bearer tokens are accepted: %s, as %s', (acceptsBearer, _, servers, isOpen) => {
    expect(checkPossession({ publicUrl: PUBLIC_URL }, of(...servers), isOpen)).toMatchObject({ acceptsBearer });
  });

  const mtls = of({ methods: ['mtls'] });
  const dpop = of({ methods: ['dpop'] });
  test.each<[message: string, options: PossessionOptions, servers: ReturnType<typeof of>]>([
    ['"publicUrl" is required', {}, dpop],
    ['"publicUrl" must be the https URL', { publicUrl: 'http://api.example.com' }, of(none)],
    ['"dpop" has no effect, as no server', { dpop: {} }, mtls],
    ['"dpop.proofMaxAge" must be', { publicUrl: PUBLIC_URL, dpop: { proofMaxAge: 0 } }, dpop],
    [
      '"clientCertificate" has no effect',
      { publicUrl: PUBLIC_URL, clientCertificate: { header: 'a', form: 'xfcc' } },
      dpop,
    ],
    ['"clientCertificate.header" must be', { clientCertificate: { header: '', form: 'xfcc' } }, mtls],
  ])('%s …', (message, options, servers) => {
    expect(() => checkPossession(options, servers)).toThrow(TypeError);
    expect(() => checkPossession(options, servers)).toThrow(message);
  });
});
