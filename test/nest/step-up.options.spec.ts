import { type AuthenticationRequirements, RequireAcr, type StepUpModuleOptions } from 'nestjs-step-up';
import { logOfEachTest } from '../support/application.js';
import { bootFailure, bootServer } from '../support/boot.js';
import { handler } from '../support/handler.js';

const log = logOfEachTest();

const authorizationServers = [bootServer];

/** Options with one wrong member, as JavaScript or a configuration file may give them. */
const wrong = (options: object) => ({ authorizationServers, ...options }) as StepUpModuleOptions;
const wrongServer = (member: object) =>
  ({ authorizationServers: [{ ...bootServer, ...member }] }) as StepUpModuleOptions;

describe('StepUpModule options', () => {
  const https = 'must be an https URL (http is accepted on loopback only)';
  const elsewhere =
    'if tokens have another "iss" and this is only an address of their server, give it in "authorizationServers[0].metadataUri"';
  const trusted = 'in a network that you trust, set "authorizationServers[0].allowInsecureRequests" to true';
  const audience = '"authorizationServers[0].audience" is required: the identifier of this API in "aud" of its tokens';
  const known =
    'known are user, authenticationEvent, accessToken, isPublic, resolveAuthorizationServer, authorizationServers, passport, strategyName, ' +
    'requirements, realm, resourceMetadata, protectedResourceMetadata, clockTolerance, tokenCacheBytes, mode, audit, metadataAudit, routeTable, exceptionFilter, publicUrl, dpop, clientCertificate, tokenLocations, endAtExpiry';
  const algorithms = 'RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519';

  it.each<[what: string, options: StepUpModuleOptions, message: string]>([
    ['an unknown option', wrong({ issuer: 'x' }), `StepUpModule has no option "issuer"; ${known}`],
    [
      'a misspelt option',
      wrong({ clockTolerence: 5 }),
      `StepUpModule has no option "clockTolerence"; the closest is "clockTolerance"; ${known}`,
    ],
    [
      'no servers with "register"',
      {} as StepUpModuleOptions,
      '"authorizationServers" is required; if issuers are known at run time only, give "resolveAuthorizationServer"; with ' +
        'a Passport strategy of your own say "passport": \'existing\'',
    ],
    [
      'an empty list of servers',
      { authorizationServers: [] },
      '"authorizationServers" must list at least one authorization server; if issuers are known at run time only, leave it out and give "resolveAuthorizationServer"',
    ],
    [
      'an empty list of servers with "existing"',
      { passport: 'existing', authorizationServers: [] },
      '"authorizationServers" must list at least one authorization server; if issuers are known at run time only, leave it out and give "resolveAuthorizationServer"',
    ],
    [
      'one server in place of a list',
      wrong({ authorizationServers: bootServer }),
      '"authorizationServers" must be a list: write [ … ] around the authorization server',
    ],
    [
      'an issuer twice',
      wrong({ authorizationServers: [bootServer, bootServer] }),
      '"authorizationServers" names the issuer "https://as.example" twice',
    ],
    ['a server of null', wrong({ authorizationServers: [null] }), '"authorizationServers[0]" must be an object'],
    [
      'an unknown member of a server',
      wrongServer({ jwks_uri: 'https://as.example/jwks' }),
      '"authorizationServers[0]" has the unknown option "jwks_uri"; the closest is "jwksUri"; known are issuer, audience, metadataUri, jwksUri, allowInsecureRequests, algorithms, profile, delegation, boundTokens, introspection, keys, acr, order',
    ],
    ['no issuer', wrongServer({ issuer: undefined }), `"authorizationServers[0].issuer" ${https}, not undefined`],
    [
      'an issuer that is no URL',
      wrongServer({ issuer: 'as.example' }),
      `"authorizationServers[0].issuer" ${https}, not "as.example"`,
    ],
    [
      'an issuer over http',
      wrongServer({ issuer: 'http://as.example' }),
      `"authorizationServers[0].issuer" ${https}, not "http://as.example"; ${elsewhere}; ${trusted}`,
    ],
    [
      'an issuer that only looks like loopback',
      wrongServer({ issuer: 'http://127.0.0.1.evil.example' }),
      `"authorizationServers[0].issuer" ${https}, not "http://127.0.0.1.evil.example"; ${elsewhere}; ${trusted}`,
    ],
    [
      'an issuer with a query',
      wrongServer({ issuer: 'https://as.example/?a' }),
      '"authorizationServers[0].issuer" must have neither query nor fragment',
    ],
    [
      'an issuer with credentials',
      wrongServer({ issuer: 'https://a:b@as.example' }),
      '"authorizationServers[0].issuer" must not carry credentials',
    ],
    [
      'a jwksUri over http',
      wrongServer({ jwksUri: 'http://as.example' }),
      `"authorizationServers[0].jwksUri" ${https}, not "http://as.example"; ${trusted}`,
    ],
    ['no audience', wrongServer({ audience: undefined }), audience],
    ['an empty audience', wrongServer({ audience: '' }), audience],
    ['an empty list of audiences', wrongServer({ audience: [] }), audience],
    ['an audience that is no string', wrongServer({ audience: ['a', 1] }), audience],
    [
      'RS-68 a symmetric algorithm',
      wrongServer({ algorithms: ['RS256', 'HS256'] }),
      `"authorizationServers[0].algorithms" has a value "HS256"; allowed are only asymmetric ones: ${algorithms}; for tokens that your application signs with a secret, see docs/own-tokens.md`,
    ],
    [
      'RS-65 no algorithm at all',
      wrongServer({ algorithms: ['none'] }),
      `"authorizationServers[0].algorithms" has a value "none"; allowed are only asymmetric ones: ${algorithms}`,
    ],
    [
      'an empty list of algorithms',
      wrongServer({ algorithms: [] }),
      `"authorizationServers[0].algorithms" must list at least one of ${algorithms}`,
    ],
    [
      'an unknown delegation',
      wrongServer({ delegation: true }),
      "\"authorizationServers[0].delegation\" must be 'refuse' or 'accept'",
    ],
    [
      'keys refreshed never',
      wrongServer({ keys: { refreshAfter: 0 } }),
      '"authorizationServers[0].keys.refreshAfter" must be a number of seconds from 1 to 86400, not 0',
    ],
    [
      'keys stale for a negative time',
      wrongServer({ keys: { staleFor: -1 } }),
      '"authorizationServers[0].keys.staleFor" must be a number of seconds from 0 to 604800, not -1',
    ],
    ['an unknown table of routes', wrong({ routeTable: 'none' }), "\"routeTable\" must be 'guarded' or 'all' or 'off'"],
    [
      'a filter that is no boolean',
      wrong({ exceptionFilter: 'no' }),
      '"exceptionFilter" must be true or false, not "no"',
    ],
    ['an unknown passport', wrong({ passport: 'own' }), "\"passport\" must be 'register' or 'existing'"],
    ['a passport of null', wrong({ passport: null }), "\"passport\" must be 'register' or 'existing'"],
    ['an unknown mode', wrong({ mode: 'off' }), "\"mode\" must be 'enforce' or 'report'"],
    ['an unknown audit', wrong({ audit: 'warn' }), "\"audit\" must be 'log' or 'throw'"],
    [
      'an unknown metadata audit',
      wrong({ metadataAudit: true }),
      "\"metadataAudit\" must be 'background' or 'await' or 'off'",
    ],
    ['an empty strategy name', wrong({ strategyName: '' }), '"strategyName" must be the name of a Passport strategy'],
    [
      'a strategy name that is none',
      wrong({ strategyName: 1 }),
      '"strategyName" must be the name of a Passport strategy',
    ],
    ['a user that is no function', wrong({ user: 'sub' }), '"user" must be a function'],
    ['an accessToken that is no function', wrong({ accessToken: 'cookie' }), '"accessToken" must be a function'],
    ['an isPublic that is no function', wrong({ isPublic: true }), '"isPublic" must be a function'],
    [
      'an authenticationEvent that is no function',
      wrong({ authenticationEvent: {} }),
      '"authenticationEvent" must be a function',
    ],
    [
      'an authenticationEvent with "register"',
      wrong({ authenticationEvent: () => ({}) }),
      '"authenticationEvent" needs "passport": \'existing\'; a strategy we register knows the event itself',
    ],
    [
      'a user with "existing"',
      wrong({ passport: 'existing', user: () => ({}) }),
      '"user" has no effect with "passport": \'existing\'; your strategy decides what request.user is',
    ],
    [
      'a negative token cache',
      wrong({ tokenCacheBytes: -1 }),
      '"tokenCacheBytes" must be a non-negative integer number of bytes',
    ],
    [
      'a token cache of a part of an octet',
      wrong({ tokenCacheBytes: 0.5 }),
      '"tokenCacheBytes" must be a non-negative integer number of bytes',
    ],
    [
      'a token cache without a bound',
      wrong({ tokenCacheBytes: Number.POSITIVE_INFINITY }),
      '"tokenCacheBytes" must be a non-negative integer number of bytes',
    ],
    [
      'a token cache in text',
      wrong({ tokenCacheBytes: '8MiB' }),
      '"tokenCacheBytes" must be a non-negative integer number of bytes',
    ],
    [
      'a token cache that is null',
      wrong({ tokenCacheBytes: null }),
      '"tokenCacheBytes" must be a non-negative integer number of bytes',
    ],
    [
      'a token cache with "existing"',
      wrong({ passport: 'existing', tokenCacheBytes: 1_048_576 }),
      '"tokenCacheBytes" has no effect with "passport": \'existing\'; your strategy verifies the tokens',
    ],
    [
      'a negative tolerance',
      wrong({ clockTolerance: -1 }),
      '"clockTolerance" must be a number of seconds from 0 to 60, not -1',
    ],
    [
      'a tolerance of minutes',
      wrong({ clockTolerance: 61 }),
      '"clockTolerance" must be a number of seconds from 0 to 60, not 61; is it in milliseconds?',
    ],
    [
      'a tolerance in text',
      wrong({ clockTolerance: '5' }),
      '"clockTolerance" must be a number of seconds from 0 to 60, not "5"',
    ],
    [
      'a tolerance that is no number',
      wrong({ clockTolerance: Number.NaN }),
      '"clockTolerance" must be a number of seconds from 0 to 60, not NaN',
    ],
    [
      'a resourceMetadata that is no URL',
      wrong({ resourceMetadata: '/.well-known' }),
      '"resourceMetadata" must be the URL of the protected resource metadata',
    ],
    [
      'empty requirements',
      wrong({ requirements: {} }),
      '"requirements": nothing is required; give "acrValues", "maxAge" or "scope"',
    ],
    [
      'requirements of null',
      wrong({ requirements: null }),
      '"requirements": requirements must be an object with "acrValues", "maxAge" or "scope"',
    ],
    [
      'requirements with an unknown key',
      wrong({ requirements: { max_age: 60 } }),
      '"requirements": unknown requirement "max_age"; known are "acrValues", "maxAge", "scope"',
    ],
  ])('%s in the options is a TypeError', async (_, options, message) => {
    expect(await bootFailure({ options })).toEqual(new TypeError(message));
  });

  it.each([
    ['', 'empty'],
    ['höher', 'beyond ASCII'],
    ['a\r\nSet-Cookie: x', 'with a line break'],
  ])('RS-22 a realm of %j, %s, is a TypeError', async (realm) => {
    const error = await bootFailure({ options: wrong({ realm }) });
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(/^"realm" and "resourceMetadata" must be printable ASCII/);
  });

  it.each<[what: string, options: StepUpModuleOptions]>([
    ['a tolerance of 0', wrong({ clockTolerance: 0 })],
    ['a tolerance of 60', wrong({ clockTolerance: 60 })],
    ['an issuer on loopback', wrongServer({ issuer: 'http://localhost:3000' })],
    ['several audiences', wrongServer({ audience: ['a', 'b'] })],
    ['no servers with "existing"', { passport: 'existing' }],
    ['undefined members', wrong({ realm: undefined, mode: undefined, requirements: undefined, user: undefined })],
  ])('the application boots with %s', async (_, options) => {
    expect(await bootFailure({ options })).toBe(undefined);
  });

  it.each<[what: string, required: AuthenticationRequirements, advice: string[]]>([
    [
      'RS-47 a maxAge too short to come back in',
      { maxAge: 29 },
      ['HandlerController.handle: maxAge 29 may be over before the user is back; give at least 30'],
    ],
    ['a maxAge that is long enough', { maxAge: 30 }, []],
    [
      'RS-44 the acr "0"',
      { acrValues: ['0'] },
      ['HandlerController.handle: acr "0" stands for no particular authentication (OpenID Connect Core §2)'],
    ],
  ])('advice on %s is logged, and stops the boot with "audit": \'throw\'', async (_, required, advice) => {
    const controllers = [handler(RequireAcr(required))];
    expect(await bootFailure({ controllers })).toBe(undefined);
    expect(log.filter((line) => /^\[(?!routes)/.test(line))).toEqual(
      advice.map((line) => expect.stringContaining(line)),
    );
    const error = await bootFailure({ controllers, options: { authorizationServers, audit: 'throw' } });
    expect(error).toEqual(advice.length === 0 ? undefined : new TypeError(`Boot audit: ${advice.join('; ')}`));
  });
});
