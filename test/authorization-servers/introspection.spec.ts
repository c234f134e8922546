import {
  type AuthorizationServerProfile,
  checkAuthorizationServers,
  type IntrospectionOptions,
  type ProfileName,
  profiles,
} from '../../lib/authorization-servers/index.js';
import { refusals } from '../support/refusals.js';

const GOOD = { issuer: 'https://as.example', audience: 'https://api.example' };
const BASIC = { clientId: 'api', clientSecret: 's3cret' };
const KEYED = { clientId: 'api', privateKey: { kty: 'EC' } };
const check = (introspection: unknown) =>
  checkAuthorizationServers([{ ...GOOD, introspection: introspection as IntrospectionOptions }])[0]?.introspection;

describe('an option that is left out', () => {
  test('no introspection endpoint is asked without the option', () => {
    expect(checkAuthorizationServers([GOOD])[0]?.introspection).toBeUndefined();
  });

  test('a member of "introspection" that is left out has the documented default', () => {
    expect(check(BASIC)).toEqual({
      endpoint: undefined,
      clientId: 'api',
      client: { method: 'client_secret_basic', secret: 's3cret' },
      when: 'opaque',
      lightweightTokens: false,
      cacheFor: 60,
      cache: undefined,
    });
  });

  test('a private key stands for private_key_jwt', () => {
    expect(check(KEYED)?.client).toEqual({ method: 'private_key_jwt', key: { kty: 'EC' } });
  });
});

describe('a wrong option', () => {
  const WHERE = 'authorizationServers[0].introspection';
  test.each(
    refusals({
      [`"${WHERE}" must be an object`]: [null, 'https://as.example/introspect'],
      [`"${WHERE}" has the unknown option "client"; the closest is "clientId"; known are endpoint, clientId, clientSecret, privateKey, clientAuthentication, when, lightweightTokens, cacheFor, cache`]:
        [{ ...BASIC, client: 'x' }],
      [`"${WHERE}.clientId" is required: the client id of this API at this server`]: [
        { clientSecret: 's3cret' },
        { ...BASIC, clientId: '' },
      ],
      [`"${WHERE}.clientSecret" is required, or "privateKey" for private_key_jwt`]: [
        { clientId: 'api' },
        { ...BASIC, clientSecret: '' },
      ],
      [`"${WHERE}.clientSecret" is not used with private_key_jwt; remove it`]: [{ ...BASIC, ...KEYED }],
      [`"${WHERE}.privateKey" is not used with client_secret_post; remove it`]: [
        { ...KEYED, clientAuthentication: 'client_secret_post' },
      ],
      [`"${WHERE}.privateKey" must be the private key of the client, as PEM or JWK`]: [
        { clientId: 'api', clientAuthentication: 'private_key_jwt' },
        { clientId: 'api', privateKey: 7 },
      ],
      [`"${WHERE}.clientAuthentication" must be one of 'client_secret_basic', 'client_secret_post', 'private_key_jwt'`]:
        [{ ...BASIC, clientAuthentication: 'none' }],
      [`"${WHERE}.when" must be one of 'opaque', 'auth-time-missing', 'event-missing', 'always'`]: [
        { ...BASIC, when: 'jwt' },
      ],
      [`"${WHERE}.lightweightTokens" must be true or false, not "yes"`]: [{ ...BASIC, lightweightTokens: 'yes' }],
      [`"${WHERE}.lightweightTokens" must be true or false, not null`]: [{ ...BASIC, lightweightTokens: null }],
      ...Object.fromEntries(
        [
          ...[-1, Number.NaN, null].map((value) => [value, String(value)]),
          [60_000, '60000; is it in milliseconds?'],
          ['60', '"60"'],
        ].map(([cacheFor, shown]) => [
          `"${WHERE}.cacheFor" must be a number of seconds from 0 to 3600, not ${shown}`,
          [{ ...BASIC, cacheFor }],
        ]),
      ),
      [`"${WHERE}.cache" must have get(key) and set(key, value, ttl), like a Keyv`]: [
        ...[null, {}, { get: () => undefined }, 'redis://localhost'].map((cache) => ({ ...BASIC, cache })),
      ],
      [`"${WHERE}.endpoint" must be an https URL (http is accepted on loopback only), not "http://as.example/introspect"; in a ` +
        'network that you trust, set "authorizationServers[0].allowInsecureRequests" to true']: [
        { ...BASIC, endpoint: 'http://as.example/introspect' },
      ],
      [`"${WHERE}.endpoint" must not carry credentials`]: [{ ...BASIC, endpoint: 'https://api:s3cret@as.example/' }],
    }),
  )('the options %j are refused by name', (introspection, message) => {
    expect(() => check(introspection)).toThrow(new TypeError(message));
  });

  test('no message quotes the client secret', () => {
    const failures = [
      { ...BASIC, when: 'x' },
      { ...BASIC, ...KEYED },
    ].map((options) => {
      try {
        return check(options);
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(failures.join()).not.toContain('s3cret');
  });
});

describe('lightweight tokens', () => {
  const WHERE = 'authorizationServers[0].introspection.lightweightTokens';
  const checkWith = (profile: AuthorizationServerProfile | ProfileName, lightweightTokens = true) =>
    checkAuthorizationServers([{ ...GOOD, profile, introspection: { ...BASIC, lightweightTokens } }]);

  test.each<[what: string, profile: AuthorizationServerProfile | ProfileName, message: string]>([
    [
      'leaves the audience out of introspection responses',
      { ...profiles.keycloak, absentClaims: ['aud'] },
      `"${WHERE}" needs "aud" in introspection responses; remove "aud" from "absentClaims" of the profile`,
    ],
    [
      'finds the audience in scopes',
      'cognito',
      `"${WHERE}" has no use with a profile whose "audienceIn" is 'scope': the scope of its tokens names this API; remove one of both`,
    ],
  ])('SRV-5 are no option of a server whose profile %s', (_, profile, message) => {
    expect(() => checkWith(profile)).toThrow(new TypeError(message));
    expect(checkWith(profile, false)).toHaveLength(1);
  });

  test('SRV-5 are an option of several servers, since a JWT names its server', () => {
    const introspection = { ...BASIC, lightweightTokens: true, when: 'event-missing' as const };
    const other = { ...GOOD, issuer: 'https://other.example' };
    expect(
      checkAuthorizationServers([
        { ...GOOD, introspection },
        { ...other, introspection },
      ]),
    ).toHaveLength(2);
  });
});

describe('two servers with introspection', () => {
  const other = { issuer: 'https://other.example', audience: 'https://api.example' };
  const both = (first: IntrospectionOptions['when'], second: IntrospectionOptions['when']) =>
    checkAuthorizationServers([
      { ...GOOD, introspection: { ...BASIC, ...(first !== undefined && { when: first }) } },
      { ...other, introspection: { ...BASIC, ...(second !== undefined && { when: second }) } },
    ]);

  test.each([
    ['opaque', 'opaque'],
    ['opaque', 'always'],
    ['always', undefined],
  ] as const)(
    '"introspection.when" may not be %s next to %s: one server at most is asked about opaque tokens',
    (first, second) => {
      expect(() => both(first, second)).toThrow(
        new TypeError(
          '"authorizationServers" has several servers that introspect opaque tokens, which do not name their server; ' +
            "set \"introspection.when\" to 'event-missing' or 'auth-time-missing' on all but one",
        ),
      );
    },
  );

  test.each([
    ['auth-time-missing', 'opaque'],
    ['always', 'auth-time-missing'],
    ['auth-time-missing', 'auth-time-missing'],
  ] as const)('"introspection.when" may be %s next to %s', (first, second) => {
    expect(both(first, second)).toHaveLength(2);
  });
});
