import { expect, expectCleanPrototypes } from './expect.mjs';
import { AUDIENCE, ISSUER } from './server.mjs';

const SECRET = 'a-secret-that-nobody-may-read-in-a-message';
/** Stands for a function in inputs, which are JSON. */
const FUNCTION = { $function: true };

const SERVER = { issuer: ISSUER, audience: AUDIENCE, acr: { mfa: 'urn:mfa', pwd: ['urn:pwd'] }, order: ['mfa', 'pwd'] };

/**
 * The options of the module. They are wrong with a StepUpConfigurationError that names something and quotes no secret, or they
 * are right, and then nothing later fails for them and what they allow is within bounds.
 */
export const options = {
  name: 'options',
  seeds: [
    { authorizationServers: [SERVER] },
    {
      authorizationServers: [
        {
          ...SERVER,
          profile: 'keycloak',
          algorithms: ['ES256', 'PS256'],
          keys: { refreshAfter: 60, staleFor: 0 },
          introspection: { endpoint: `${ISSUER}/introspect`, clientId: 'api', clientSecret: SECRET, when: 'always' },
          boundTokens: { policy: 'required', methods: ['dpop'] },
        },
      ],
      publicUrl: AUDIENCE,
      dpop: { nonces: 'required', nonceSecret: SECRET, proofMaxAge: 30 },
      requirements: { acrValues: ['mfa'], maxAge: 300, scope: 'a b' },
    },
    // found by this search
    { authorizationServers: [{ ...SERVER, algorithms: [{ toString: 1 }] }] },
    { authorizationServers: [{ ...SERVER, order: [{ toString: 1 }] }] },
    { authorizationServers: [SERVER], dpop: { algorithms: [{ toString: 1 }] } },
    {
      passport: 'existing',
      authenticationEvent: FUNCTION,
      authorizationServers: [{ ...SERVER, acr: 'literal', order: undefined }],
    },
    { resolveAuthorizationServer: FUNCTION, user: FUNCTION, isPublic: FUNCTION, accessToken: FUNCTION, realm: 'bank' },
    {
      authorizationServers: [
        { ...SERVER, audience: undefined, jwksUri: 'http://127.0.0.1:1/jwks', metadataUri: ISSUER },
      ],
      protectedResourceMetadata: { resource: AUDIENCE },
      clockTolerance: 60,
      tokenCacheBytes: 0,
    },
    {
      authorizationServers: [
        {
          ...SERVER,
          profile: {
            claims: { acr: ['ext', 'acr'], authTime: 'auth_time' },
            typ: ['JWT', null],
            accessToken: { token_use: 'access' },
          },
          delegation: 'allowed',
        },
      ],
      mode: 'report',
      audit: 'throw',
      metadataAudit: 'off',
      routeTable: 'off',
      exceptionFilter: false,
      strategyName: 'api',
      clientCertificate: { header: 'x-client-cert' },
    },
  ],
  dictionary: [
    ...[
      'authorizationServers',
      'issuer',
      'audience',
      'acr',
      'order',
      'profile',
      'algorithms',
      'keys',
      'introspection',
      'when',
    ],
    ...[
      'cache',
      'boundTokens',
      'policy',
      'methods',
      'dpop',
      'publicUrl',
      'requirements',
      'acrValues',
      'maxAge',
      'scope',
      'realm',
    ],
    ...[
      'claims',
      'typ',
      'absentClaims',
      'clientAuthentication',
      'privateKey',
      'existing',
      'register',
      'literal',
      'okta',
      'entra',
    ],
    ...[
      'none',
      'HS256',
      'RS256',
      'accepted',
      'required',
      'off',
      'http://as.example',
      'http://[::1]',
      'https://u:p@as.example',
    ],
    ...['allowInsecureRequests', 'delegation', 'resourceMetadata', 'allowed', 61, 3601, -1, FUNCTION, SERVER, ISSUER],
  ],
  prepare(load) {
    const { checkOptions } = load('nest/step-up-settings');
    const { StepUpConfigurationError } = load('core/index');
    const { AccessTokenVerifier } = load('token/index');
    return (input) => {
      const given = withFunctions(input);
      let settings;
      try {
        settings = checkOptions(given);
        if (settings.passport === 'register') {
          new AccessTokenVerifier(settings.servers, settings.clockTolerance, {
            tokenCacheBytes: settings.tokenCacheBytes,
            possession: settings.possession,
          });
        }
      } catch (error) {
        expect(error instanceof StepUpConfigurationError, `throws ${error?.stack ?? error}`);
        expect(error instanceof TypeError, 'throws no TypeError');
        expect(/"[^"]*"|StepUpModule/.test(error.message), `names nothing: ${error.message}`);
        const isQuoted = error.message.includes(SECRET) && isSecretAlone(input);
        expect(!isQuoted, `quotes a secret: ${error.message}`);
        return;
      }
      checkAccepted(settings);
      expectCleanPrototypes();
    };

    function checkAccepted({ servers, clockTolerance, tokenCacheBytes, requirements, realm, passport }) {
      expect(clockTolerance >= 0 && clockTolerance <= 60, `accepts a tolerance of ${clockTolerance}`);
      expect(Number.isSafeInteger(tokenCacheBytes) && tokenCacheBytes >= 0, `accepts a cache of ${tokenCacheBytes}`);
      expect(/^[\x20-\x7e]+$/.test(realm), 'accepts a realm that no header can carry');
      if (typeof requirements === 'object') {
        const { acrValues, maxAge, scope } = requirements;
        expect(
          [acrValues, maxAge, scope].some((one) => one !== undefined),
          'accepts a requirement of nothing',
        );
        expect(maxAge === undefined || (Number.isSafeInteger(maxAge) && maxAge >= 0), `accepts a maxAge of ${maxAge}`);
      }
      for (const { issuer, audience, algorithms } of servers) {
        expect(
          isSecure(issuer) || servers.some(({ allowInsecureRequests }) => allowInsecureRequests),
          `accepts ${issuer}`,
        );
        expect(passport === 'existing' || audience.size > 0, 'accepts a server without audience');
        for (const algorithm of algorithms) expect(/^(RS|PS|ES|Ed)/.test(algorithm), `accepts ${algorithm}`);
      }
    }
  },
};

function isSecure(issuer) {
  const { protocol, hostname } = new URL(issuer);
  return protocol === 'https:' || /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]|.*\.localhost)$/.test(hostname);
}

/** Whether the secret is nowhere but in options of secrets. Elsewhere it is a value like any other, and may be shown. */
function isSecretAlone(value, option = '') {
  if (typeof value === 'string')
    return !value.includes(SECRET) || /^(clientSecret|nonceSecret|privateKey)$/.test(option);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, member]) => !name.includes(SECRET) && isSecretAlone(member, name));
}

function withFunctions(value) {
  if (typeof value !== 'object' || value === null) return value;
  if (value.$function === true) return () => undefined;
  if (Array.isArray(value)) return value.map(withFunctions);
  const made = {};
  for (const name of Object.keys(value)) {
    Object.defineProperty(made, name, {
      value: withFunctions(value[name]),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return made;
}
