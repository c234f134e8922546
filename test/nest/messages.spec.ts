import {
  Controller,
  type DynamicModule,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  AccessTokenGuard,
  AcrGuard,
  RequireAcr,
  StepUpContext,
  StepUpModule,
  type StepUpModuleOptions,
  StepUpService,
} from 'nestjs-step-up';
import { adapters, captureLog, startApplication } from '../support/application.js';
import { bootServer } from '../support/boot.js';
import { handler } from '../support/handler.js';

// The first mistakes of a developer, each with all that it says: what stops the boot, or the lines of the log. One table,
// to be read by a person.

interface Mistake {
  options?: unknown;
  controllers?: readonly Type[];
  providers?: readonly (Type | object)[];
  imports?: readonly (Type | DynamicModule)[];
}

const words = { acr: { mfa: 'urn:mfa', phr: 'urn:phr' } };
const server = (more: object = {}) => ({ authorizationServers: [{ ...bootServer, ...more }] });
const requires = (...required: unknown[]) =>
  handler((RequireAcr as (...required: unknown[]) => MethodDecorator)(...required));

@Injectable()
class BankService {
  @RequireAcr('mfa')
  pay() {}
}

@Controller()
class AskingController {
  constructor(@Inject(StepUpService) private readonly stepUp: StepUpService) {}

  @Get()
  async transfer(@StepUpContext() _: ExecutionContext) {
    await this.stepUp.require(undefined, 'mfa');
  }
}

function bare(decorator: unknown, ...rest: unknown[]): () => Mistake {
  return () => {
    class TransferController {
      create() {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(TransferController.prototype, 'create');
    (decorator as (...target: unknown[]) => void)(TransferController.prototype, 'create', descriptor, ...rest);
    return {};
  };
}

const mistakes: readonly [mistake: string, make: () => Mistake, says: string][] = [
  [
    'the module is not imported',
    () => ({ options: null, controllers: [requires('mfa')] }),
    '@RequireAcr, @SkipStepUp and AccessTokenGuard need StepUpModule: import StepUpModule.forRoot({ … }) once, in the root module; in place of "new AccessTokenGuard()" write app.get(AccessTokenGuard)',
  ],
  [
    'StepUpModule without forRoot()',
    () => ({ options: null, imports: [StepUpModule] }),
    'StepUpModule needs options, not undefined: import StepUpModule.forRoot({ authorizationServers: [{ issuer, audience }] })',
  ],
  [
    'forRoot() without options',
    () => ({ options: null, imports: [StepUpModule.forRoot(undefined as never)] }),
    'StepUpModule needs options, not undefined: import StepUpModule.forRoot({ authorizationServers: [{ issuer, audience }] })',
  ],
  [
    'forRoot() twice',
    () => ({ options: server(), imports: [StepUpModule.forRoot(server() as StepUpModuleOptions)] }),
    'StepUpModule is configured twice; call forRoot() once per application',
  ],
  [
    'new AccessTokenGuard()',
    () => void new AccessTokenGuard() as never,
    '@RequireAcr, @SkipStepUp and AccessTokenGuard need StepUpModule: import StepUpModule.forRoot({ … }) once, in the root module; in place of "new AccessTokenGuard()" write app.get(AccessTokenGuard)',
  ],
  [
    'an unset issuer',
    () => ({ options: server({ issuer: process.env['NOPE'] }) }),
    '"authorizationServers[0].issuer" must be an https URL (http is accepted on loopback only), not undefined',
  ],
  [
    'an http issuer',
    () => ({ options: server({ issuer: 'http://keycloak:8080/realms/bank' }) }),
    '"authorizationServers[0].issuer" must be an https URL (http is accepted on loopback only), not "http://keycloak:8080/realms/bank"; if tokens have another "iss" and this is only an address of their server, give it in "authorizationServers[0].metadataUri"; in a network that you trust, set "authorizationServers[0].allowInsecureRequests" to true',
  ],
  [
    'the discovery address as issuer',
    () => ({ options: server({ issuer: 'https://as.example/.well-known/openid-configuration' }) }),
    '"authorizationServers[0].issuer" must be the issuer, not the address of its metadata: write "https://as.example", or what that document has as "issuer"',
  ],
  [
    'no audience',
    () => ({ options: server({ audience: undefined }) }),
    '"authorizationServers[0].audience" is required: the identifier of this API in "aud" of its tokens',
  ],
  [
    'a misspelt option',
    () => ({ options: { ...server(), authorisationServers: [] } }),
    'StepUpModule has no option "authorisationServers"; the closest is "authorizationServers"; known are user, authenticationEvent, accessToken, isPublic, resolveAuthorizationServer, authorizationServers, passport, strategyName, requirements, realm, resourceMetadata, protectedResourceMetadata, clockTolerance, tokenCacheBytes, mode, audit, metadataAudit, routeTable, exceptionFilter, publicUrl, dpop, clientCertificate, tokenLocations, endAtExpiry',
  ],
  [
    'a misspelt profile',
    () => ({ options: server({ profile: 'keykloak' }) }),
    '"authorizationServers[0].profile" is not the name of a profile: "keykloak"; the closest is "keycloak". Known are keycloak, okta, auth0, entra, duende, logto, oidcProvider, hydra, supabase, pingone, pingfederate, pingam, cognito, adfs, spring, zitadel, authentik, wso2, fusionauth, authelia, lemonldap, djangoOauthToolkit; for another server use an object',
  ],
  [
    'a clock tolerance in milliseconds',
    () => ({ options: { ...server(), clockTolerance: 5000 } }),
    '"clockTolerance" must be a number of seconds from 0 to 60, not 5000; is it in milliseconds?',
  ],
  [
    'a cache in milliseconds',
    () => ({ options: server({ introspection: { clientId: 'api', clientSecret: 's', cacheFor: 60_000 } }) }),
    '"authorizationServers[0].introspection.cacheFor" must be a number of seconds from 0 to 3600, not 60000; is it in milliseconds?',
  ],
  [
    'keys in milliseconds',
    () => ({ options: server({ keys: { refreshAfter: 600_000 } }) }),
    '"authorizationServers[0].keys.refreshAfter" must be a number of seconds from 1 to 86400, not 600000; is it in milliseconds?',
  ],
  [
    'a maxAge in milliseconds',
    () => ({ controllers: [requires('mfa', { maxAge: 300_000 })] }),
    '[max_age_long] HandlerController.handle: maxAge 300000 is 3.5 days; "maxAge" is in seconds: write 300 if these are milliseconds',
  ],
  [
    'a maxAge with a unit',
    () => ({ controllers: [requires('mfa', { maxAge: '5m' })] }),
    '@RequireAcr on HandlerController.handle: "maxAge" must be a non-negative integer number of seconds, not "5m"',
  ],
  [
    'max_age',
    () => ({ controllers: [requires('mfa', { max_age: 300 })] }),
    '@RequireAcr on HandlerController.handle: unknown requirement "max_age"; known are "acrValues", "maxAge", "scope"',
  ],
  [
    'a misspelt word',
    () => ({ options: server(words), controllers: [requires('mfaa')] }),
    '@RequireAcr on HandlerController.handle: no authorization server knows "mfaa"; the nearest known word is "mfa". Words are declared in "authorizationServers[].acr"',
  ],
  [
    '@RequireAcr without parentheses',
    bare(RequireAcr),
    "@RequireAcr on TransferController.create has no parentheses; write @RequireAcr('mfa')",
  ],
  [
    '@RequireAcr on a provider',
    () => ({ providers: [BankService] }),
    'BankService.pay carries a step-up decorator but is no handler; nothing would enforce it',
  ],
  [
    'AcrGuard without @RequireAcr',
    () => ({ controllers: [handler(UseGuards(AcrGuard))] }),
    '[guard_without_requirement] HandlerController.handle: AcrGuard stands there, and nothing is required, so that it lets everybody through; say what is required by @RequireAcr, or bind AccessTokenGuard for a token alone',
  ],
  [
    'AcrGuard as APP_GUARD, and nothing required',
    () => ({ controllers: [handler()], providers: [{ provide: APP_GUARD, useClass: AcrGuard }] }),
    '[guard_without_requirement] APP_GUARD: AcrGuard stands there, and nothing is required, so that it lets everybody through; say what is required by @RequireAcr, or bind AccessTokenGuard for a token alone',
  ],
  [
    'AccessTokenGuard forgotten',
    () => ({ controllers: [handler(), handler(Get('more'))] }),
    '[routes] what is required of requests\n2 handlers are open, as nothing is declared of them; "routeTable": \'all\' lists them',
  ],
  [
    "'existing' without a strategy",
    () => ({ options: { passport: 'existing' }, controllers: [requires('mfa')] }),
    '[strategy_missing] HandlerController.handle: Passport has no strategy "jwt", and no guard that could authenticate stands there: unless middleware puts a user on the request, the answer is 500; register the strategy as a provider, name yours in "strategyName", or bind the guard that authenticates before AcrGuard',
  ],
  [
    "'existing' without a strategy, at a request",
    () => ({ options: { passport: 'existing' }, controllers: [handler(UseGuards(AccessTokenGuard))] }),
    '[misconfigured] HandlerController.handle: No user is on the request and Passport has no strategy "jwt"; let a guard that runs before AcrGuard (on the class, or below @RequireAcr) put the user there, register the strategy as a provider, or name yours in "strategyName"',
  ],
  [
    'require(undefined)',
    () => ({ controllers: [AskingController] }),
    'StepUpService needs an ExecutionContext, the request, or what @StepUpContext() gave',
  ],
];

/** What stops the boot, otherwise what the log has after one request: the lines that are ours. */
async function saidOf(make: () => Mistake): Promise<string> {
  const { lines, restore } = captureLog();
  try {
    const { options = server(), controllers = [], providers = [], imports = [] } = make();
    if (options === null) {
      await Test.createTestingModule({ imports: [...imports], controllers: [...controllers] }).compile();
      return 'nothing';
    }
    const application = await startApplication({
      createAdapter: adapters[0][1],
      options: options as StepUpModuleOptions,
      controllers: [...controllers],
      providers: [...(providers as Type[])],
      imports: [...imports],
    });
    await application.send('/');
    await application.close();
    return lines
      .flatMap((line) => /^(?:StepUpConfigurationError: )?((?:\[\w+\] |StepUpService ).*)$/s.exec(line)?.[1] ?? [])
      .join('\n\n');
  } catch (error) {
    return (error as Error).message;
  } finally {
    restore();
  }
}

describe('a mistake tells the developer the next step', () => {
  it.each(mistakes)('%s', async (_, make, says) => {
    const said = await saidOf(make);
    expect(said.split('\n\n').filter((line) => line === says)).toEqual([says]);
  });

  it('and nothing else of ours is said but the table of routes', async () => {
    // without a strategy the boot and the request both say so
    for (const [mistake, make, says] of mistakes.filter(([one]) => !one.startsWith("'existing'"))) {
      const others = (await saidOf(make)).split('\n\n').filter((line) => line !== says && !line.startsWith('[routes]'));
      expect({ mistake, others }).toEqual({ mistake, others: [] });
    }
  });
});
