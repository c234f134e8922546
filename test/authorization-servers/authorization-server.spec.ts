import { type AuthorizationServerProfile, checkAuthorizationServers } from '../../lib/authorization-servers/index.js';
import { isLoopback } from '../../lib/core/index.js';
import { refusals } from '../support/refusals.js';

const GOOD = { issuer: 'https://as.example', audience: 'https://api.example' };
const check = (...servers: unknown[]) => checkAuthorizationServers(servers as (typeof GOOD)[]);
const URL_NEEDED = 'must be an https URL (http is accepted on loopback only)';
const TRUSTED = 'in a network that you trust, set "authorizationServers[0].allowInsecureRequests" to true';
const ELSEWHERE =
  'if tokens have another "iss" and this is only an address of their server, give it in "authorizationServers[0].metadataUri"';
const KNOWN =
  'known are issuer, audience, metadataUri, jwksUri, allowInsecureRequests, algorithms, profile, delegation, boundTokens, introspection, ' +
  'keys, acr, order';
const ALGORITHMS = 'RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519';

describe('an option that is left out', () => {
  test('an option that is left out has the documented default', () => {
    const [server] = check(GOOD);
    expect(server).toMatchObject({ issuer: 'https://as.example', jwksUri: undefined, delegation: 'refuse' });
    expect(server?.audience).toEqual(new Set(['https://api.example']));
    expect(server?.algorithms).toEqual(new Set(['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']));
    expect(server?.keys).toEqual({ refreshAfter: 600, staleFor: 3600 });
    expect(server?.vocabulary.known).toBeUndefined();
  });

  test('an option that is undefined counts as left out', () => {
    const nothing = { jwksUri: undefined, algorithms: undefined, profile: undefined, keys: undefined, acr: undefined };
    expect(check({ ...GOOD, ...nothing, order: undefined, delegation: undefined })).toEqual(check(GOOD));
  });
});

test('options are neither changed nor kept: a later change has no effect', () => {
  const options = {
    ...GOOD,
    audience: ['https://api.example'],
    algorithms: ['ES256'],
    profile: { typ: ['at+jwt'], claims: { acr: ['ext', 'acr'] } },
    acr: { mfa: ['a', 'b'] },
  };
  const before = structuredClone(options);
  const [server] = check(options);
  expect(options).toEqual(before);
  options.audience.push('other');
  options.algorithms.push('RS256');
  options.profile.claims.acr.push('more');
  options.acr.mfa.push('c');
  expect(server?.audience).toEqual(new Set(['https://api.example']));
  expect(server?.algorithms).toEqual(new Set(['ES256']));
  expect(server?.profile.claims.acr).toEqual(['ext', 'acr']);
  expect(server?.vocabulary.stringsFor(['mfa'])).toEqual(['a', 'b']);
});

describe('field RS-03 http beyond loopback', () => {
  const OVER_HTTP = {
    issuer: 'http://keycloak:8080/realms/bank',
    metadataUri: 'http://keycloak:8080/realms/bank/.well-known/openid-configuration',
    jwksUri: 'http://10.0.0.7/certs',
  };
  const introspection = { endpoint: 'http://keycloak:8080/introspect', clientId: 'api', clientSecret: 's3cret' };

  test('every address of a server that is named may be http', () => {
    const [server] = check({ ...GOOD, ...OVER_HTTP, introspection, allowInsecureRequests: true });
    expect(server).toMatchObject({ ...OVER_HTTP, allowInsecureRequests: true });
    expect(server?.introspection?.endpoint).toBe(introspection.endpoint);
  });

  test('another server has to be https next to it', () => {
    const insecure = { ...GOOD, ...OVER_HTTP, allowInsecureRequests: true };
    expect(() => check(insecure, { ...GOOD, issuer: 'http://as.example' })).toThrow(
      /^"authorizationServers\[1\]\.issuer"/,
    );
  });

  test('it is refused unless it is asked for', () => {
    expect(check(GOOD)[0]?.allowInsecureRequests).toBe(false);
  });
});

test.each([
  'https://as.example',
  'https://as.example/',
  'https://as.example/realms/bank',
  'https://as.example:8443',
  'http://localhost:3000',
  'http://127.0.0.1:3000',
  'http://127.1.2.3',
  'http://[::1]:3000',
])('RS-63 the issuer %s is kept character for character', (issuer) => {
  expect(check({ ...GOOD, issuer })[0]?.issuer).toBe(issuer);
});

describe('a wrong option', () => {
  test.each([[undefined], [null], [[]], ['https://as.example']])(
    '%j is refused: it is not a list of servers',
    (servers) => {
      expect(() => checkAuthorizationServers(servers as never)).toThrow(
        new TypeError(
          '"authorizationServers" must list at least one authorization server; if issuers are known at run time only, leave ' +
            'it out and give "resolveAuthorizationServer"',
        ),
      );
    },
  );

  test.each([[{}], [GOOD]])('%j is refused: it is a server without a list around it', (servers) => {
    expect(() => checkAuthorizationServers(servers as never)).toThrow(
      new TypeError('"authorizationServers" must be a list: write [ … ] around the authorization server'),
    );
  });

  test.each([undefined, null, 'https://as.example', 5])(
    'a server that is %j is refused, and named by its place',
    (server) => {
      expect(() => check(GOOD, server)).toThrow(new TypeError('"authorizationServers[1]" must be an object'));
    },
  );

  test('an issuer given twice is refused', () => {
    expect(() => check(GOOD, { ...GOOD, audience: 'other' })).toThrow(
      new TypeError('"authorizationServers" names the issuer "https://as.example" twice'),
    );
  });

  test.each(
    refusals({
      [`"authorizationServers[0]" has the unknown option "isuer"; the closest is "issuer"; ${KNOWN}`]: [{ isuer: 'a' }],
      [`"authorizationServers[0]" has the unknown option "audiences"; the closest is "audience"; ${KNOWN}`]: [
        { audiences: ['a'] },
      ],
      ...Object.fromEntries(
        [
          ...['as.example', '', 'ftp://as.example'].map((url) => [url, `"${url}"`]),
          ...['http://as.example', 'http://127.0.0.1.example', 'http://localhost.example', 'http://10.0.0.1'].map(
            (url) => [url, `"${url}"; ${ELSEWHERE}; ${TRUSTED}`],
          ),
          ...[5, null, undefined].map((issuer) => [issuer, String(issuer)]),
          [['https://as.example'], 'a list'],
          ['http://127.0.0.1@as.example', `one with an "@"; ${ELSEWHERE}; ${TRUSTED}`],
        ].map(([issuer, shown]) => [`"authorizationServers[0].issuer" ${URL_NEEDED}, not ${shown}`, [{ issuer }]]),
      ),
      '"authorizationServers[0].issuer" must be the issuer, not the address of its metadata: write "https://as.example/a", or what that document has as "issuer"':
        [
          { issuer: 'https://as.example/a/.well-known/openid-configuration' },
          { issuer: 'https://as.example/a/.well-known/oauth-authorization-server' },
        ],
      '"authorizationServers[0].issuer" must not carry credentials': [{ issuer: 'https://a:b@as.example' }],
      '"authorizationServers[0].issuer" must have neither query nor fragment': [
        { issuer: 'https://as.example?a' },
        { issuer: 'https://as.example#a' },
      ],
      [`"authorizationServers[0].jwksUri" ${URL_NEEDED}, not "http://as.example/jwks"; ${TRUSTED}`]: [
        { jwksUri: 'http://as.example/jwks' },
      ],
      [`"authorizationServers[0].jwksUri" ${URL_NEEDED}, not "file:///jwks"`]: [{ jwksUri: 'file:///jwks' }],
      [`"authorizationServers[0].metadataUri" ${URL_NEEDED}, not "http://keycloak:8080/"; ${TRUSTED}`]: [
        { metadataUri: 'http://keycloak:8080/' },
        { metadataUri: 'http://keycloak:8080/', allowInsecureRequests: false },
      ],
      [`"authorizationServers[0].metadataUri" ${URL_NEEDED}, not "keycloak:8080"`]: [{ metadataUri: 'keycloak:8080' }],
      '"authorizationServers[0].metadataUri" must not carry credentials': [{ metadataUri: 'https://a:b@as.example/' }],
      ...Object.fromEntries(
        ['ftp://as.example', 'ws://as.example', 'file:///jwks', 'as.example', ''].map((url) => [
          `"authorizationServers[0].jwksUri" must be an https or http URL, not "${url}"`,
          [{ jwksUri: url, allowInsecureRequests: true }],
        ]),
      ),
      ...Object.fromEntries(
        [
          ['true', '"true"'],
          [1, '1'],
          [null, 'null'],
          [['issuer'], 'a list'],
        ].map(([value, shown]) => [
          `"authorizationServers[0].allowInsecureRequests" must be true or false, not ${shown}`,
          [{ allowInsecureRequests: value }],
        ]),
      ),
      '"authorizationServers[0].jwksUri" must not carry credentials': [{ jwksUri: 'https://a@as.example/jwks' }],
      '"authorizationServers[0].audience" is required: the identifier of this API in "aud" of its tokens': [
        ...[undefined, null, '', [], [''], ['a', ''], [5], 5, { a: 'b' }].map((audience) => ({ audience })),
      ],
      [`"authorizationServers[0].algorithms" must list at least one of ${ALGORITHMS}`]: [
        ...[[], 'ES256', null, {}].map((algorithms) => ({ algorithms })),
      ],
      ...Object.fromEntries(
        ['none', 'es256', 'ES256K', '', 'RSA-OAEP'].map((algorithm) => [
          `"authorizationServers[0].algorithms" has a value "${algorithm}"; allowed are only asymmetric ones: ${ALGORITHMS}`,
          [{ algorithms: ['ES256', algorithm] }],
        ]),
      ),
      ...Object.fromEntries(
        ['HS256', 'HS512'].map((algorithm) => [
          `"authorizationServers[0].algorithms" has a value "${algorithm}"; allowed are only asymmetric ones: ${ALGORITHMS}` +
            '; for tokens that your application signs with a secret, see docs/own-tokens.md',
          [{ algorithms: ['ES256', algorithm] }],
        ]),
      ),
      [`"authorizationServers[0].algorithms" has a value of type object; allowed are only asymmetric ones: ${ALGORITHMS}`]:
        [{ algorithms: [{ toString: 1 }] }],
      [`"authorizationServers[0].delegation" must be 'refuse' or 'accept'`]: [
        { delegation: 'allow' },
        { delegation: true },
      ],
      '"authorizationServers[0].keys" must be an object': [{ keys: null }, { keys: 600 }],
      '"authorizationServers[0].keys" has the unknown option "refreshafter"; the closest is "refreshAfter"; known are refreshAfter, staleFor':
        [{ keys: { refreshafter: 5 } }],
      ...Object.fromEntries(
        [
          ...[0, -1, Number.NaN, null].map((value) => [value, String(value)]),
          ['600', '"600"'],
          [Number.POSITIVE_INFINITY, 'Infinity; is it in milliseconds?'],
          [600_000, '600000; is it in milliseconds?'],
        ].map(([refreshAfter, shown]) => [
          `"authorizationServers[0].keys.refreshAfter" must be a number of seconds from 1 to 86400, not ${shown}`,
          [{ keys: { refreshAfter } }],
        ]),
      ),
      '"authorizationServers[0].keys.staleFor" must be a number of seconds from 0 to 604800, not -1': [
        { keys: { staleFor: -1 } },
      ],
      '"authorizationServers[0].keys.staleFor" must be a number of seconds from 0 to 604800, not 3600000; is it in milliseconds?':
        [{ keys: { staleFor: 3_600_000 } }],
      '"authorizationServers[0].order" needs words in "authorizationServers[0].acr"': [{ order: ['mfa'] }],
      '"authorizationServers[0].profile" is not the name of a profile: "keycloack"; the closest is "keycloak". Known are keycloak, okta, auth0, entra, duende, logto, oidcProvider, hydra, supabase, pingone, pingfederate, pingam, cognito, adfs, spring, zitadel, authentik, wso2, fusionauth, authelia, lemonldap, djangoOauthToolkit; for another server use an object':
        [{ profile: 'keycloack' }],
    }),
  )('the options %j are refused by name', (options, message) => {
    expect(() => check({ ...GOOD, ...(options as object) })).toThrow(new TypeError(message));
  });

  test('the second server is named as the second', () => {
    expect(() => check(GOOD, { issuer: 'https://b.example', audience: '' })).toThrow(
      /^"authorizationServers\[1\]\.audience" is required/,
    );
  });

  test('a server without words is refused next to one with words', () => {
    expect(() => check({ ...GOOD, acr: { mfa: 'a' } }, { ...GOOD, issuer: 'https://b.example' })).toThrow(
      new TypeError(
        '"authorizationServers[1].acr" is missing next to servers that have one; ' +
          `map your words to its strings, or set it to 'literal'`,
      ),
    );
  });
});

test.each<[what: string, acr: unknown]>([
  ['a map of words next to literal', 'literal'],
  ['a map of words next to another map', { mfa: 'b' }],
])('%s is accepted', (_, acr) => {
  expect(check({ ...GOOD, acr: { mfa: 'a' } }, { ...GOOD, issuer: 'https://b.example', acr })).toHaveLength(2);
});

test('literal is accepted next to a server without "acr": both take strings as they are', () => {
  expect(check({ ...GOOD, acr: 'literal' }, { ...GOOD, issuer: 'https://b.example' })).toHaveLength(2);
});

test.each([0, 1, 3600])('keys may be used for %d seconds after they should be fetched again', (staleFor) => {
  expect(check({ ...GOOD, keys: { staleFor } })[0]?.keys).toEqual({ refreshAfter: 600, staleFor });
});

test.each<[url: string, expected: boolean]>([
  ['http://localhost', true],
  ['http://127.0.0.1', true],
  ['http://127.1', true],
  ['http://0x7f000001', true],
  ['http://[::1]', true],
  ['http://0.0.0.0', false],
  ['http://[::]', false],
  ['http://128.0.0.1', false],
  ['http://127.0.0.1.example', false],
  ['http://localhost.example', false],
  ['http://notlocalhost', false],
])('whether %s is on this machine: %j', (url, expected) => expect(isLoopback(new URL(url))).toBe(expected));

describe('a word of any server is a word at all of them', () => {
  const FIRST = { ...GOOD, acr: { mfa: ['urn:a:otp', 'gold'] } };
  const second = (acr: unknown) => ({ ...GOOD, issuer: 'https://b.example', acr });

  test.each<[name: string, servers: readonly object[], message: string]>([
    [
      'a string of the first server that is a word of the second',
      [FIRST, second({ gold: 'urn:b:gold' })],
      '"authorizationServers[0].acr.mfa" uses "gold", which is a word in "authorizationServers[1].acr"; give the word ' +
        'another name, or list the string under "gold"',
    ],
    [
      'a string of the second server that is a word of the first',
      [second({ gold: 'urn:b:gold' }), FIRST],
      '"authorizationServers[1].acr.mfa" uses "gold", which is a word in "authorizationServers[0].acr"; give the word ' +
        'another name, or list the string under "gold"',
    ],
    [
      'two servers that call each other by their words',
      [second({ silver: 'gold' }), { ...GOOD, acr: { gold: 'silver' } }],
      '"authorizationServers[0].acr.silver" uses "gold", which is a word in "authorizationServers[1].acr"; give the word ' +
        'another name, or list the string under "gold"',
    ],
  ])('%s is a TypeError', (_, servers, message) => {
    expect(() => check(...servers)).toThrow(new TypeError(message));
  });

  test.each<[name: string, servers: readonly object[]]>([
    ['a string under its own word', [{ ...GOOD, acr: { gold: 'gold' } }, second({ gold: 'urn:b:gold' })]],
    [
      'a string under its own word among others',
      [{ ...GOOD, acr: { gold: ['urn:a', 'gold'] } }, second({ gold: 'x' })],
    ],
    ['the same string at two servers', [{ ...GOOD, acr: { mfa: 'urn:x' } }, second({ mfa: 'urn:x' })]],
    ['words of another case', [{ ...GOOD, acr: { mfa: 'Gold' } }, second({ gold: 'urn:b:gold' })]],
    ['a server that is literal', [{ ...GOOD, acr: { mfa: 'gold' } }, second('literal')]],
  ])('%s is accepted', (_, servers) => {
    expect(check(...servers)).toHaveLength(2);
  });
});

describe('no limit is read from null or from a value of another type', () => {
  const INTROSPECTION = { clientId: 'api', clientSecret: 's3cret' };
  const options = [
    'issuer',
    'audience',
    'jwksUri',
    'algorithms',
    'profile',
    'delegation',
    'introspection',
    'keys',
    'keys.refreshAfter',
    'keys.staleFor',
    'acr',
    'order',
    'introspection.endpoint',
    'introspection.clientId',
    'introspection.clientSecret',
    'introspection.privateKey',
    'introspection.clientAuthentication',
    'introspection.when',
    'introspection.cacheFor',
    'introspection.cache',
    'profile.typ',
    'profile.accessTokenClaims',
    'profile.otherTokenClaims',
    'profile.claims',
    'profile.claims.acr',
    'profile.claims.authTime',
    'profile.claims.amr',
    'profile.claims.clientId',
    'profile.claims.scope',
    'profile.acrType',
    'profile.absentClaims',
    'profile.clientCredentialsClaims',
    'profile.challenge',
    'profile.request',
    'profile.request.mode',
    'profile.issues',
  ];

  /** A server with one option, given by its path. */
  function withOption(path: string, value: unknown): Record<string, unknown> {
    const server: Record<string, unknown> = { ...GOOD, acr: { mfa: 'a' }, introspection: INTROSPECTION };
    const [first, ...rest] = path.split('.') as [string, ...string[]];
    const nested = rest.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
    const isIntrospection = first === 'introspection' && rest.length > 0;
    server[first] = isIntrospection ? { ...INTROSPECTION, ...(nested as object) } : nested;
    return server;
  }

  test.each(options)('%s', (path) => {
    for (const value of [null, Number.NaN, true, () => 1, [], [null]]) {
      const attempt = () => check(withOption(path, value));
      // an empty list is a list
      if (Array.isArray(value) && ['profile.otherTokenClaims', 'profile.absentClaims', 'order'].includes(path))
        continue;
      expect(attempt).toThrow(TypeError);
      expect(attempt).toThrow(`"authorizationServers[0].${path}`);
    }
  });
});

describe('a word that the tokens of a server never tell', () => {
  const server = { issuer: 'https://as.example', audience: 'api' };
  const never: AuthorizationServerProfile = { title: 'Example', issues: { acr: 'never' } };
  const methods = { acr: { mfa: ['otp'], phr: ['hwk'] } };
  const fix =
    '; let "methods.acr" of the profile say which methods tell it, or correct "issues.acr" if your server issues it';

  test.each<[profile: AuthorizationServerProfile, acr: Record<string, string | string[]>, message: string]>([
    [
      never,
      { mfa: 'gold' },
      `"authorizationServers[0].acr.mfa" uses "gold", which no token of Example tells: by its profile they never carry acr${fix}`,
    ],
    [
      { ...never, methods },
      { strong: ['phr', 'gold'] },
      `"authorizationServers[0].acr.strong" uses "gold", which no token of Example tells: by its profile they never carry acr, and its methods tell "mfa", "phr"${fix}`,
    ],
  ])('a string that neither a claim nor methods tell is refused: %j %j', (profile, acr, message) => {
    expect(() => checkAuthorizationServers([{ ...server, profile, acr }])).toThrow(new TypeError(message));
  });

  test.each<[profile: AuthorizationServerProfile, acr: Record<string, string> | undefined]>([
    [{ ...never, methods }, { strong: 'phr' }],
    [{ ...never, issues: { acr: 'if-configured' } }, { mfa: 'gold' }],
    [{ methods }, { mfa: 'gold' }],
    [never, undefined],
  ])('a string that one of them can tell is accepted: %j %j', (profile, acr) => {
    expect(checkAuthorizationServers([{ ...server, profile, acr }])).toHaveLength(1);
  });
});
