import type { StepUpModuleOptions } from 'nestjs-step-up';
import { checkOptions } from '../../lib/nest/step-up-settings.js';
import { bootFailure, bootServer } from '../support/boot.js';

const accepting = { ...bootServer, boundTokens: 'accepted' };
const publicUrl = 'https://api.example.com';
const HAS_NO_EFFECT = (option: string, method: string) =>
  `"${option}" has no effect, as no server accepts tokens that are bound so; set "authorizationServers[].boundTokens" to ` +
  `'accepted' or 'required', with '${method}' among its methods`;
const SUPPORTED = 'ES256, ES384, ES512, PS256, RS256, EdDSA, Ed25519, PS384, PS512, RS384, RS512';
const SERVER = '"authorizationServers[0].boundTokens';

describe('options of bound tokens', () => {
  test.each<[name: string, options: object, message: string]>([
    [
      'DPoP without publicUrl',
      { authorizationServers: [accepting] },
      '"publicUrl" is required, as a server accepts tokens that are bound by DPoP: set it to the URL of this application ' +
        'as its clients know it, or leave \'dpop\' out of "boundTokens.methods"',
    ],
    [
      'a publicUrl that is none, also where nothing needs it',
      { authorizationServers: [bootServer], publicUrl: '/' },
      '"publicUrl" must be the https URL of this application as its clients know it (http is accepted on loopback only), ' +
        'without query and fragment, not "/"',
    ],
    [
      'dpop without a server',
      { authorizationServers: [bootServer], publicUrl, dpop: {} },
      HAS_NO_EFFECT('dpop', 'dpop'),
    ],
    [
      'dpop with mutual TLS alone',
      { authorizationServers: [{ ...accepting, boundTokens: { policy: 'required', methods: ['mtls'] } }], dpop: {} },
      HAS_NO_EFFECT('dpop', 'dpop'),
    ],
    [
      'clientCertificate with DPoP alone',
      {
        authorizationServers: [{ ...accepting, boundTokens: { policy: 'required', methods: ['dpop'] } }],
        publicUrl,
        clientCertificate: { header: 'Client-Cert', form: 'rfc9440' },
      },
      HAS_NO_EFFECT('clientCertificate', 'mtls'),
    ],
    [
      "boundTokens with 'existing'",
      { passport: 'existing', authorizationServers: [accepting], publicUrl },
      '"boundTokens" has no effect with "passport": \'existing\'; your strategy verifies the tokens and the proofs of their keys',
    ],
    ["dpop with 'existing'", { passport: 'existing', dpop: {} }, HAS_NO_EFFECT('dpop', 'dpop')],
    ...[true, 'on', 5, [], null].map((boundTokens): [string, object, string] => [
      `boundTokens ${JSON.stringify(boundTokens)}`,
      { authorizationServers: [{ ...bootServer, boundTokens }] },
      `${SERVER}" must be 'off', 'accepted', 'required', or an object with "policy" and "methods"`,
    ]),
    ...[{}, { policy: 'off' }, { policy: 'on' }].map((boundTokens): [string, object, string] => [
      `boundTokens ${JSON.stringify(boundTokens)}`,
      { authorizationServers: [{ ...bootServer, boundTokens }] },
      `${SERVER}.policy" must be 'accepted' or 'required'`,
    ]),
    ...[[], 'dpop', ['tls'], null, ['dpop', 5]].map((methods): [string, object, string] => [
      `methods ${JSON.stringify(methods)}`,
      { authorizationServers: [{ ...bootServer, boundTokens: { policy: 'accepted', methods } }] },
      `${SERVER}.methods" must list 'dpop', 'mtls' or both`,
    ]),
    [
      'an unknown member of boundTokens',
      { authorizationServers: [{ ...bootServer, boundTokens: { policy: 'accepted', method: ['dpop'] } }] },
      `${SERVER}" has the unknown member "method"; the closest is "methods"; known are policy, methods`,
    ],
    ...[5, 'x', [], null].map((dpop): [string, object, string] => [
      `dpop ${JSON.stringify(dpop)}`,
      { authorizationServers: [accepting], publicUrl, dpop },
      '"dpop" must be an object',
    ]),
    ...Object.entries<[object, string]>({
      'an unknown option': [
        { nonce: 'required' },
        '"dpop" has the unknown option "nonce"; the closest is "nonces"; known are algorithms, proofMaxAge, nonces, nonceSecret, replayCache',
      ],
      'no algorithm': [{ algorithms: [] }, `"dpop.algorithms" must list at least one of ${SUPPORTED}`],
      'a symmetric algorithm': [
        { algorithms: ['ES256', 'HS256'] },
        `"dpop.algorithms" has a value "HS256"; allowed are only asymmetric ones: ${SUPPORTED}`,
      ],
      'the algorithm none': [
        { algorithms: ['none'] },
        `"dpop.algorithms" has a value "none"; allowed are only asymmetric ones: ${SUPPORTED}`,
      ],
      'an age in milliseconds': [
        { proofMaxAge: 60_000 },
        '"dpop.proofMaxAge" must be a number of seconds from 1 to 600, not 60000; is it in milliseconds?',
      ],
      'no age': [{ proofMaxAge: 0 }, '"dpop.proofMaxAge" must be a number of seconds from 1 to 600, not 0'],
      nonces: [{ nonces: true }, "\"dpop.nonces\" must be 'off' or 'required'"],
      'a secret without nonces': [
        { nonceSecret: 'a'.repeat(32) },
        '"dpop.nonceSecret" has no effect without "dpop.nonces": \'required\'',
      ],
      'a short secret': [
        { nonces: 'required', nonceSecret: 'short' },
        '"dpop.nonceSecret" must be a string of at least 32 characters',
      ],
      'a cache without set': [
        { replayCache: { get: () => undefined } },
        '"dpop.replayCache" must have get(key) and set(key, value, ttl), like a Keyv, or setIfAbsent(key, ttl)',
      ],
      'no cache': [
        { replayCache: null },
        '"dpop.replayCache" must have get(key) and set(key, value, ttl), like a Keyv, or setIfAbsent(key, ttl)',
      ],
    }).map(([name, [dpop, message]]): [string, object, string] => [
      `dpop: ${name}`,
      { authorizationServers: [accepting], publicUrl, dpop },
      message,
    ]),
    ...Object.entries<[unknown, string]>({
      'no object': ['Client-Cert', '"clientCertificate" must be an object with "header" and "form"'],
      'no header': [
        { form: 'rfc9440' },
        '"clientCertificate.header" must be the name of a header, such as \'Client-Cert\'',
      ],
      'a header with a colon': [
        { header: 'Client-Cert:', form: 'rfc9440' },
        '"clientCertificate.header" must be the name of a header, such as \'Client-Cert\'',
      ],
      'no form': [
        { header: 'Client-Cert' },
        "\"clientCertificate.form\" must be one of 'rfc9440', 'url-encoded-pem', 'base64-der', 'xfcc'",
      ],
      'a form that objects inherit': [
        { header: 'Client-Cert', form: 'toString' },
        "\"clientCertificate.form\" must be one of 'rfc9440', 'url-encoded-pem', 'base64-der', 'xfcc'",
      ],
      'an unknown option': [
        { header: 'Client-Cert', form: 'rfc9440', trust: true },
        '"clientCertificate" has the unknown option "trust"; known are header, form',
      ],
    }).map(([name, [clientCertificate, message]]): [string, object, string] => [
      `clientCertificate: ${name}`,
      { authorizationServers: [accepting], publicUrl, clientCertificate },
      message,
    ]),
  ])('%s stops the boot by a TypeError', async (_, options, message) => {
    expect(await bootFailure({ options: options as StepUpModuleOptions })).toEqual(new TypeError(message));
  });

  test("with 'off' everywhere nothing is made for proofs, so that no request costs more", () => {
    const settings = checkOptions({ authorizationServers: [bootServer], publicUrl });
    expect([settings.possession, settings.schemes]).toEqual([undefined, undefined]);
  });

  test('mutual TLS alone needs no publicUrl, and offers no DPoP', () => {
    const boundTokens = { policy: 'required', methods: ['mtls'] } as const;
    const settings = checkOptions({ authorizationServers: [{ ...bootServer, boundTokens }] });
    expect(settings.possession).toMatchObject({ dpop: undefined, acceptsBearer: true });
    expect(settings.schemes).toBeUndefined();
  });
});
