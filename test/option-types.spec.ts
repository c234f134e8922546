import { declaration, itCompiles, named, namedErrors, preamble } from './support/it-compiles.js';

const forRoot = (member: string) => `StepUpModule.forRoot({ authorizationServers: [{ ...server, ${member} }] });`;
const withOption = (member: string) => `StepUpModule.forRoot({ authorizationServers, ${member} });`;

describe('what is inferred of the words that an application declares', () => {
  itCompiles(
    preamble,
    named(
      "true satisfies Equal<stepUpModule.StepUpWord, 'mfa' | 'phr'>;",
      'true satisfies Equal<keyof stepUpModule.StepUpWords, stepUpModule.StepUpWord>;',
      "true satisfies Equal<stepUpModule.StepUpRequirements['acrValues'], readonly ('mfa' | 'phr')[] | undefined>;",
      "true satisfies Equal<stepUpModule.AuthorizationServerOptions['order'], readonly ('mfa' | 'phr')[] | undefined>;",
      `true satisfies Equal<Extract<stepUpModule.RequireAcrArguments, [unknown, unknown?]>[0],
        'mfa' | 'phr' | readonly ('mfa' | 'phr')[] | stepUpModule.StepUpRequirements | stepUpModule.RequirementsFunction>;`,
      "const words = ['phr', 'mfa'] as const; RequireAcr(words); RequireAcr({ acrValues: words });",
      "const arguments_: stepUpModule.RequireAcrArguments = ['mfa', { maxAge: 300 }]; RequireAcr(...arguments_);",
      "const arguments_: stepUpModule.RequireAcrArguments = [{ acrValues: ['mfa'], scope: 'a' }]; RequireAcr(...arguments_);",
      "const of: stepUpModule.RequirementsFunction = () => ({ acrValues: ['phr'] }); RequireAcr(of);",
    ),
    namedErrors(
      ['const list: string[] = []; RequireAcr(list);', "'string[]' is not assignable"],
      ['const arguments_: stepUpModule.RequireAcrArguments = [];', "'[]' is not assignable"],
      ["const arguments_: stepUpModule.RequireAcrArguments = ['mfaa'];", '"mfaa"'],
      ["const arguments_: stepUpModule.RequireAcrArguments = [{ maxAge: 60 }, { scope: 'a' }];", 'is not assignable'],
      ["const of: stepUpModule.RequirementsFunction = () => ({ acrValues: ['mfaa'] });", '"mfaa"'],
      ["const of: stepUpModule.RequirementsFunction = () => ({ acrValues: 'mfa' });", 'is not assignable'],
      ["RequireAcr('mfa', 'phr');", `'"phr"' has no properties in common`],
      ["RequireAcr('mfa', { scope: ['a'] });", "'string[]' is not assignable to type 'string'"],
      ["RequireAcr('mfa', 300);", "'300' has no properties in common"],
      [forRoot("acr: { mfa: 'a' }, order: 'mfa'"), "'string' is not assignable"],
      [forRoot("acr: { mfa: 'a', phr: 'b' }, order: { phr: 1, mfa: 2 }"), "'phr' does not exist"],
      [forRoot('acr: { mfa: 1 }'), "'number' is not assignable"],
      [forRoot("acr: 'words'"), `'"words"' is not assignable`],
      [forRoot("acr: ['mfa']"), 'is not assignable'],
    ),
    declaration,
  );
});

describe('options of an authorization server', () => {
  itCompiles(
    preamble,
    named(
      forRoot("profile: 'keycloak'"),
      forRoot('profile: stepUpModule.profiles.okta'),
      forRoot("profile: { ...stepUpModule.profiles.auth0, claims: { acr: 'https://api.example/acr' } }"),
      forRoot(
        "profile: { claims: { acr: ['realm', 'acr'], scope: 'scp' }, typ: ['JWT', null], accessTokenClaims: { typ: 'Bearer' } }",
      ),
      forRoot(
        "profile: { methods: { form: 'entries', method: 'method', time: 'timestamp', acr: { mfa: ['otp', ['pwd', 'sms']] } } }",
      ),
      forRoot("profile: { idToken: { acr: 'never', claims: { authTime: 'https://api.example/auth_time' } } }"),
      "'keycloak' satisfies stepUpModule.ProfileName;",
      'stepUpModule.profiles.entra satisfies stepUpModule.AuthorizationServerProfile;',
      'true satisfies Equal<keyof typeof stepUpModule.profiles, stepUpModule.ProfileName>;',
      forRoot("introspection: { clientId: 'c', clientSecret: 's', when: 'event-missing', cacheFor: 0 }"),
      forRoot("introspection: { clientId: 'c', privateKey: { kty: 'EC' }, clientAuthentication: 'private_key_jwt' }"),
      forRoot("boundTokens: { policy: 'required', methods: ['dpop'] }"),
      forRoot('metadataUri: text, allowInsecureRequests: true'),
      `StepUpModule.forRoot({ resolveAuthorizationServer: async (issuer) => {
        true satisfies Equal<typeof issuer, string>; return issuer === text ? { ...server, profile: 'keycloak' } : undefined; } });`,
    ),
    namedErrors(
      [forRoot("profile: 'keykloak'"), `'"keykloak"' is not assignable`],
      ["'keykloak' satisfies stepUpModule.ProfileName;", 'does not satisfy'],
      ['stepUpModule.profiles.keykloak;', "'keykloak' does not exist"],
      [forRoot("profile: { claims: { auth_time: 'at' } }"), "'auth_time' does not exist"],
      [forRoot('profile: { claims: { acr: 1 } }'), "'number' is not assignable"],
      [forRoot("profile: { acrType: 'array' }"), `'"array"' is not assignable`],
      [forRoot("profile: { authTimeFormat: 'ms' }"), `'"ms"' is not assignable`],
      [forRoot("profile: { methods: { form: 'entries' } }"), "'method' is missing"],
      [forRoot("profile: { methods: { acr: { mfa: 'otp' } } }"), "'string' is not assignable"],
      [forRoot("profile: { idToken: { acr: 'always' } }"), `'"always"' is not assignable`],
      [forRoot("introspection: { clientSecret: 's' }"), "'clientId' is missing"],
      [forRoot("introspection: { clientId: 'c', when: 'missing' }"), `'"missing"' is not assignable`],
      [forRoot("introspection: { clientId: 'c', clientAuthentication: 'none' }"), `'"none"' is not assignable`],
      [forRoot("introspection: { clientId: 'c', cache: new Map() }"), 'is not assignable'],
      [forRoot('introspection: { clientId: null }'), "'null' is not assignable"],
      [forRoot("boundTokens: 'optional'"), `'"optional"' is not assignable`],
      [forRoot("boundTokens: { policy: 'off' }"), `'"off"' is not assignable`],
      [forRoot("boundTokens: { policy: 'required', methods: ['tls'] }"), `'"tls"' is not assignable`],
      [forRoot('delegation: true'), "'true' is not assignable"],
      [forRoot("allowInsecureRequests: 'yes'"), "'string' is not assignable"],
      [forRoot('keys: { refreshAfter: "10m" }'), "'string' is not assignable"],
      [forRoot("jwksUrl: 'https://a.example/jwks'"), "'jwksUrl' does not exist"],
      ["StepUpModule.forRoot({ authorizationServers: [{ audience: 'a' }] });", "'issuer' is missing"],
      ['StepUpModule.forRoot({ authorizationServers: server });', "from type 'readonly AuthorizationServerOptions[]'"],
      ['StepUpModule.forRoot({ resolveAuthorizationServer: () => true });', "'boolean' is not assignable"],
    ),
  );
});

describe('options of the module that have members of their own', () => {
  itCompiles(
    preamble,
    named(
      withOption("dpop: { nonces: 'required', nonceSecret: text, proofMaxAge: 30 }, publicUrl: 'https://api.example'"),
      withOption("clientCertificate: { header: 'Client-Cert', form: 'rfc9440' }"),
      withOption("protectedResourceMetadata: { resource: 'https://api.example', scopesSupported: texts }"),
      withOption("mode: 'report', audit: 'throw', metadataAudit: 'await', routeTable: 'all', exceptionFilter: false"),
      withOption('tokenCacheBytes: 0, clockTolerance: 0'),
    ),
    namedErrors(
      [withOption('dpop: { nonces: true }'), "'true' is not assignable"],
      [withOption('dpop: { maxAge: 60 }'), "'maxAge' does not exist"],
      [withOption("clientCertificate: { header: 'Client-Cert' }"), "'form' is missing"],
      [withOption("clientCertificate: { header: 'Client-Cert', form: 'pem' }"), `'"pem"' is not assignable`],
      [withOption('protectedResourceMetadata: {}'), "'resource' is missing"],
      [withOption("mode: 'off'"), `'"off"' is not assignable`],
      [withOption('audit: true'), "'true' is not assignable"],
      [withOption("exceptionFilter: 'off'"), "'string' is not assignable"],
      [withOption("clockTolerance: '5s'"), "'string' is not assignable"],
      [withOption("requirements: 'mfa'"), 'is not assignable'],
      ["StepUpModule.forRoot({ passport: 'existing', dpop: {} });", 'is not assignable'],
      [
        "StepUpModule.forRoot({ passport: 'existing', clientCertificate: { header: 'a', form: 'xfcc' } });",
        'is not assignable',
      ],
    ),
  );
});

describe('requirementsPerTool', () => {
  itCompiles(
    `${preamble}
import { requirementsPerTool, type ToolRequirements } from 'nestjs-step-up/mcp';
export const usedToo = [requirementsPerTool, {} as ToolRequirements];`,
    named(
      "RequireAcr(requirementsPerTool({ accounts: false, transfer: { acrValues: ['mfa'], maxAge: 300 } }));",
      "requirementsPerTool({ close: { acrValues: ['phr', 'mfa'], scope: 'a b' } }, { otherwise: { acrValues: ['phr'] } });",
      'requirementsPerTool({ transfer: { maxAge: amount } }, { otherwise: undefined });',
      'true satisfies Equal<ReturnType<typeof requirementsPerTool>, stepUpModule.RequirementsFunction>;',
      'true satisfies Equal<ToolRequirements[string], stepUpModule.StepUpRequirements | false>;',
      'StepUpModule.forRoot({ authorizationServers, requirements: requirementsPerTool({ transfer: { maxAge: 60 } }) });',
    ),
    namedErrors(
      ["requirementsPerTool({ transfer: { acrValues: ['mfaa'] } });", '"mfaa"'],
      ["requirementsPerTool({ transfer: 'mfa' });", "'string' is not assignable"],
      ["requirementsPerTool({ transfer: ['mfa'] });", 'is not assignable'],
      ['requirementsPerTool({ transfer: true });', "'true' is not assignable"],
      ['requirementsPerTool({ transfer: undefined });', "'undefined' is not assignable"],
      ['requirementsPerTool({ transfer: null });', "'null' is not assignable"],
      ['requirementsPerTool({ transfer: { maxage: 300 } });', "'maxage' does not exist"],
      ['requirementsPerTool({ transfer: () => ({ maxAge: 60 }) });', 'is not assignable'],
      [
        'requirementsPerTool({ transfer: { maxAge: 60 } }, { otherwise: false });',
        "'false' has no properties in common",
      ],
      ['requirementsPerTool({ transfer: { maxAge: 60 } }, { other: {} });', "'other' does not exist"],
      ['requirementsPerTool();', 'Expected 1-2 arguments'],
      ['requirementsPerTool([]);', "'never[]' is not assignable"],
    ),
    declaration,
  );
});

describe('the other subpaths', () => {
  itCompiles(
    `${preamble}
import { withStepUp } from 'nestjs-step-up/mcp/host';
import { createStepUpDocument } from 'nestjs-step-up/swagger';
import { StepUpTelemetryModule } from 'nestjs-step-up/opentelemetry';
import type { INestApplication } from '@nestjs/common';
import type { OAuthClientProvider } from '@modelcontextprotocol/client';
declare const app: INestApplication; declare const provider: OAuthClientProvider;
export const usedToo = [withStepUp, createStepUpDocument, StepUpTelemetryModule, app, provider];`,
    named(
      'true satisfies Equal<ReturnType<typeof withStepUp<OAuthClientProvider>>["authProvider"], OAuthClientProvider>;',
      "withStepUp(provider, { authorization: { mode: 'essential' }, now: () => 0 });",
      "createStepUpDocument(app, { openapi: '3.0.0', info: { title: '', version: '' } }, { securityScheme: 'bearer' });",
    ),
    namedErrors(
      ['withStepUp({});', 'is missing the following properties'],
      ["withStepUp(provider, { authorization: { scope: 'a' } });", "'scope' does not exist"],
      [
        "createStepUpDocument(app, { openapi: '3.0.0', info: { title: '', version: '' } }, { scheme: 'bearer' });",
        "'scheme' does not exist",
      ],
    ),
  );
});
