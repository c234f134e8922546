import {
  All,
  type CanActivate,
  Controller,
  Get,
  type INestApplication,
  Module,
  Post,
  Scope,
  UseGuards,
  Version,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import {
  ApiExcludeEndpoint,
  ApiExtension,
  ApiOperation,
  ApiProperty,
  ApiSecurity,
  ApiUnauthorizedResponse,
  DocumentBuilder,
  type OpenAPIObject,
  SwaggerModule,
} from '@nestjs/swagger';
import { AccessTokenGuard, Public, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import { createStepUpDocument, type StepUpDocumentOptions } from 'nestjs-step-up/swagger';
import { bootedApplication, bootServer } from '../support/boot.js';
import { describeOverHttp } from '../support/describe-over-http.js';
import { handler } from '../support/handler.js';

type Operation = Record<string, unknown> & { security?: object[]; responses: Record<string, Response | undefined> };
interface Response {
  description: string;
  headers?: Record<string, { example: string }>;
  content?: Record<string, { schema: object; examples: Record<string, { value: object }> }>;
}

const title = new DocumentBuilder().setTitle('Bank').build();
const words = { acr: { phr: 'urn:example:phr', mfa: ['urn:example:mfa', 'urn:example:otp'], pwd: 'urn:example:pwd' } };

function operationsOf({ paths }: OpenAPIObject): Record<string, Operation> {
  return Object.fromEntries(
    Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation as Operation]),
    ),
  );
}

function accessOf(document: OpenAPIObject): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(operationsOf(document)).map(([name, operation]) => [
      name,
      (operation['x-step-up'] as { access?: string } | undefined)?.access,
    ]),
  );
}

/** What is wrong in a document, by a validator of others. */
async function faultsOf(document: OpenAPIObject): Promise<unknown> {
  const { default: parser } = await import('@apidevtools/swagger-parser');
  return parser.validate(structuredClone(document) as never).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Boots an application without listening, and creates its document. */
async function documentOf(
  setup: Parameters<typeof bootedApplication>[0],
  { config = title, ...options }: StepUpDocumentOptions & { config?: typeof title } = {},
): Promise<OpenAPIObject> {
  const app = await bootedApplication(setup);
  try {
    return createStepUpDocument(app, config, options);
  } finally {
    await app.close();
  }
}

describeOverHttp('a document of OpenAPI', ({ serve, accessToken, server }) => {
  @Controller('transfers')
  class TransfersController {
    @Post()
    @RequireAcr('mfa', { maxAge: 300, scope: 'transfer:write' })
    create() {}
  }

  const accepting = () => ({
    authorizationServers: [{ issuer: server.issuer, audience: server.audience, ...words }],
    realm: 'bank',
  });

  it('shows the responses that the application gives', async () => {
    const send = await serve(TransfersController, accepting());
    const { responses } = operationsOf(createStepUpDocument(send.app, title))['POST /transfers'] as Operation;
    const shown = (status: string, name: string) => responses[status]?.content?.['application/json']?.examples[name];
    const post = { method: 'POST', path: '/transfers' };
    const old = { acr: 'urn:example:pwd', authTime: 1_700_000_000 };
    const challenged = await send({ ...post, token: await accessToken({ ...old, scope: 'transfer:write' }) });
    const expired = await send({ ...post, token: await accessToken({ expiresIn: -60 }) });
    const missing = await send(post);
    const enough = { acr: 'urn:example:mfa' };
    const lacking = await send({ ...post, token: await accessToken(enough) });
    const client = { claims: { sub: 'test-client', acr: undefined, auth_time: undefined }, scope: 'transfer:write' };
    const impossible = await send({ ...post, token: await accessToken(client) });

    expect({ status: challenged.status, value: challenged.body }).toEqual({
      status: 401,
      ...shown('401', 'insufficient_user_authentication'),
    });
    expect(challenged.headers['www-authenticate']).toEqual([responses['401']?.headers?.['WWW-Authenticate']?.example]);
    expect({ status: expired.status, value: expired.body }).toEqual({ status: 401, ...shown('401', 'invalid_token') });
    expect({ status: missing.status, value: missing.body }).toEqual({ status: 401, ...shown('401', 'token_missing') });
    expect({ status: lacking.status, value: lacking.body }).toEqual({
      status: 403,
      ...shown('403', 'insufficient_scope'),
    });
    expect(lacking.headers['www-authenticate']).toEqual([responses['403']?.headers?.['WWW-Authenticate']?.example]);
    expect({ status: impossible.status, value: impossible.body }).toEqual({
      status: 403,
      ...shown('403', 'access_denied'),
    });
  });

  it('is served by the user interface of Swagger, from a function that is given before the boot', async () => {
    const configure = (app: INestApplication) =>
      SwaggerModule.setup('docs', app, () => createStepUpDocument(app, title), { ui: false });
    const send = await serve({ controllers: [TransfersController], configure }, accepting());
    const { body } = await send({ path: '/docs-json' });
    expect(accessOf(body as OpenAPIObject)).toEqual({ 'POST /transfers': 'required' });
  });
});

describe('an operation with a requirement', () => {
  const required = async (...[setup, options]: Parameters<typeof documentOf>) =>
    operationsOf(await documentOf(setup, options))['GET /'] as Operation;

  it('names its words, and their strings as they are on the wire', async () => {
    const operation = await required({
      controllers: [handler(RequireAcr(['phr', 'mfa'], { maxAge: 0, scope: 'a b' }))],
      options: { authorizationServers: [{ ...bootServer, ...words }] },
    });
    expect(operation['x-step-up']).toEqual({
      access: 'required',
      words: ['phr', 'mfa'],
      acr_values: ['urn:example:phr', 'urn:example:mfa', 'urn:example:otp'],
      max_age: 0,
      scope: 'a b',
    });
    expect(operation['description']).toBe(
      '**Step-up authentication.** Needs an access token with the `acr` `urn:example:phr` or `urn:example:mfa` or ' +
        '`urn:example:otp`, from a sign-in at most 0 seconds ago (`max_age`), with the scope `a` and `b`. ' +
        'Otherwise the response is a challenge by RFC 9470.',
    );
  });

  it('names the strings of each authorization server', async () => {
    const other = { issuer: 'https://other.example', audience: 'api', acr: { mfa: 'two' } };
    const operation = await required({
      controllers: [handler(RequireAcr('mfa'))],
      options: { authorizationServers: [{ ...bootServer, ...words }, other] },
    });
    expect(operation['x-step-up']).toEqual({
      access: 'required',
      words: ['mfa'],
      acr_values: ['urn:example:mfa', 'urn:example:otp', 'two'],
      acr_values_by_issuer: {
        'https://as.example': ['urn:example:mfa', 'urn:example:otp'],
        'https://other.example': ['two'],
      },
    });
    expect(Object.keys(operation.responses['401']?.content?.['application/json']?.examples ?? {})).toEqual([
      'insufficient_user_authentication',
      'insufficient_user_authentication_2',
      'invalid_token',
      'token_missing',
    ]);
  });

  it('names the words alone if authorization servers are resolved at run time', async () => {
    const options = { authorizationServers: undefined, resolveAuthorizationServer: () => undefined } as never;
    const operation = await required({ controllers: [handler(RequireAcr(['phr', 'mfa']))], options });
    expect(operation['x-step-up']).toEqual({ access: 'required', words: ['phr', 'mfa'] });
    expect(operation['description']).toBe(
      '**Step-up authentication.** Needs an access token with the `acr` of its authorization server for the word `phr` ' +
        'or `mfa`. Otherwise the response is a challenge by RFC 9470.',
    );
    expect(JSON.stringify(operation.responses)).not.toContain('acr_values');
  });

  it('names those words next to the strings of servers that are configured', async () => {
    const operation = await required({
      controllers: [handler(RequireAcr('mfa'))],
      options: { authorizationServers: [{ ...bootServer, ...words }], resolveAuthorizationServer: () => undefined },
    });
    expect(operation['x-step-up']).toEqual({
      access: 'required',
      words: ['mfa'],
      acr_values: ['urn:example:mfa', 'urn:example:otp'],
    });
    expect(operation['description']).toContain(
      'with the `acr` `urn:example:mfa` or `urn:example:otp`, or that of another authorization server for the word `mfa`.',
    );
  });

  it('has every error with which a token or its proof can be refused', async () => {
    const options = {
      authorizationServers: [{ ...bootServer, boundTokens: 'accepted' }],
      publicUrl: 'https://api.example',
    };
    const document = await documentOf({
      controllers: [handler(RequireAcr({ maxAge: 60 }))],
      options: options as never,
    });
    const schema = document.components?.schemas?.['AccessTokenBody'];
    expect(schema).toHaveProperty(
      'properties.error.enum',
      expect.arrayContaining(['invalid_token', 'invalid_dpop_proof', 'use_dpop_nonce']),
    );
  });

  it('says that requirements are decided for each request', async () => {
    const operation = await required({ controllers: [handler(RequireAcr(() => ({ maxAge: 60 })))] });
    expect(operation['x-step-up']).toEqual({ access: 'required', dynamic: true });
    expect(operation['description']).toBe(
      '**Step-up authentication.** Needs an access token. Further requirements are decided for each request.',
    );
    const { schema, examples } = operation.responses['401']?.content?.['application/json'] ?? {};
    expect(schema).toEqual({
      oneOf: [{ $ref: '#/components/schemas/StepUpBody' }, { $ref: '#/components/schemas/AccessTokenBody' }],
    });
    expect(Object.keys(examples ?? {})).toEqual(['invalid_token', 'token_missing']);
  });

  it('shows no challenge for a scope alone, which is a 403', async () => {
    const { responses } = await required({ controllers: [handler(RequireAcr({ scope: 'a' }))] });
    expect(responses['401']?.content?.['application/json']?.schema).toEqual({
      $ref: '#/components/schemas/AccessTokenBody',
    });
    expect(responses['403']?.headers?.['WWW-Authenticate']?.example).toContain('error="insufficient_scope"');
  });

  it('shows no challenge in report mode, which sends none', async () => {
    const operation = await required({
      controllers: [handler(RequireAcr('mfa'))],
      options: { authorizationServers: [bootServer], mode: 'report' },
    });
    expect(operation['x-step-up']).toEqual({
      access: 'required',
      words: ['mfa'],
      acr_values: ['mfa'],
      mode: 'report',
    });
    expect(operation['description']).toContain('These requirements are recorded, and not enforced yet.');
    expect(operation['description']).not.toContain('challenge');
    expect(JSON.stringify(operation.responses)).not.toContain('insufficient_user_authentication');
  });

  it('shows the claims challenge of Microsoft Entra', async () => {
    const issuer = 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0';
    const operation = await required({
      controllers: [handler(RequireAcr('mfa', { maxAge: 60 }))],
      options: { authorizationServers: [{ issuer, audience: 'api', profile: 'entra', acr: { mfa: 'c1' } }] },
    });
    const { headers, content } = operation.responses['401'] as Response;
    expect(headers?.['WWW-Authenticate']?.example).toContain('error="insufficient_claims"');
    expect(content?.['application/json']?.schema).toEqual({
      oneOf: [{ $ref: '#/components/schemas/ClaimsChallengeBody' }, { $ref: '#/components/schemas/AccessTokenBody' }],
    });
  });

  it('shows the header alone if filters of the application write the body', async () => {
    const { responses } = await required({
      controllers: [handler(RequireAcr('mfa'))],
      options: { authorizationServers: [bootServer], exceptionFilter: false },
    });
    expect(Object.keys(responses['401'] as object)).toEqual(['description', 'headers']);
    expect(Object.keys(responses['403'] as object)).toEqual(['description']);
  });

  it('keeps what the application says of it', async () => {
    const problem = { 'application/problem+json': { schema: { type: 'object' as const } } };
    const operation = await required({
      controllers: [
        handler(
          RequireAcr('mfa'),
          ApiOperation({ operationId: 'pay', description: 'Pays.' }),
          ApiUnauthorizedResponse({ description: 'Sign in first.', content: problem }),
          ApiExtension('x-owner', 'payments'),
        ),
      ],
    });
    expect(operation).toMatchObject({ operationId: 'pay', 'x-owner': 'payments' });
    expect(operation['description']).toMatch(/^Pays\.\n\n\*\*Step-up/);
    expect(operation.responses['401']).toMatchObject({ description: 'Sign in first.', content: problem });
    expect(operation.responses['401']?.headers).toHaveProperty('WWW-Authenticate');
  });

  it('uses another name if the application has a schema of the same name', async () => {
    class StepUpBody {
      @ApiProperty()
      mine!: string;
    }
    const document = await documentOf({ controllers: [handler(RequireAcr('mfa'))] }, { extraModels: [StepUpBody] });
    expect(Object.keys(document.components?.schemas ?? {}).sort()).toEqual([
      'AccessTokenBody',
      'StepUpBody',
      'StepUpStepUpBody',
    ]);
    expect(document.components?.schemas?.['StepUpBody']).toMatchObject({ required: ['mine'] });
    expect(await faultsOf(document)).toBeUndefined();
  });
});

describe('each operation says whether it needs a token', () => {
  class SessionGuard implements CanActivate {
    canActivate() {
      return true;
    }
  }

  it.each<[what: string, decorators: MethodDecorator[], access: string, security: object[] | undefined, says: string]>([
    ['a requirement', [RequireAcr('mfa')], 'required', [{ bearer: [] }], 'Needs an access token with'],
    ['@SkipStepUp()', [SkipStepUp()], 'skipped', [{ bearer: [] }], 'Needs an access token. Any sign-in'],
    ['AccessTokenGuard', [UseGuards(AccessTokenGuard)], 'token', [{ bearer: [] }], 'Needs an access token. Any'],
    ['@Public()', [Public()], 'public', [], 'Needs no access token.'],
    ['nothing', [], 'open', [], 'Needs no access token.'],
    ['a guard of the application', [UseGuards(SessionGuard)], 'open', undefined, 'Other guards of the application'],
  ])('with %s', async (_, decorators, access, security, says) => {
    const operation = operationsOf(await documentOf({ controllers: [handler(...decorators)] }))['GET /'] as Operation;
    expect(operation['x-step-up']).toMatchObject({ access });
    expect(operation.security).toEqual(security);
    expect(operation['description']).toContain(says);
    expect(Object.keys(operation.responses)).toEqual(
      { required: ['200', '401', '403'], skipped: ['200', '401'], token: ['200', '401'] }[access] ?? ['200'],
    );
  });

  it.each<[what: string, decorators: MethodDecorator[], security: object[] | undefined]>([
    [
      'a requirement, next to a scheme of the application',
      [RequireAcr('mfa'), ApiSecurity('key')],
      [{ key: [], bearer: [] }],
    ],
    ['a requirement, with a scheme that carries tokens', [RequireAcr('mfa'), ApiSecurity('oidc')], [{ oidc: [] }]],
    ['a requirement, with bearer', [RequireAcr('mfa'), ApiSecurity('bearer')], [{ bearer: [] }]],
    ['@Public(), next to a scheme of the application', [Public(), ApiSecurity('key')], [{ key: [] }]],
    ['@Public(), with a scheme that carries tokens', [Public(), ApiSecurity('oidc')], []],
    ['a guard of the application, which is described', [UseGuards(SessionGuard), ApiSecurity('key')], [{ key: [] }]],
  ])('with %s', async (_, decorators, security) => {
    const config = new DocumentBuilder()
      .addApiKey({ type: 'apiKey', name: 'x-key', in: 'header' }, 'key')
      .addSecurity('oidc', { type: 'openIdConnect', openIdConnectUrl: 'https://as.example/.well-known' })
      .build();
    const document = await documentOf({ controllers: [handler(...decorators)] }, { config });
    expect(operationsOf(document)['GET /']?.security).toEqual(security);
    expect(await faultsOf(document)).toBeUndefined();
  });

  it('adds to the requirements of the whole document, and lifts them', async () => {
    @Controller()
    class MixedController {
      @Get('required')
      @RequireAcr('mfa')
      required() {}

      @Get('public')
      @Public()
      free() {}
    }
    const config = new DocumentBuilder().addBearerAuth().addSecurityRequirements('bearer').build();
    const operations = operationsOf(await documentOf({ controllers: [MixedController] }, { config }));
    expect(operations['GET /required']?.security).toEqual([{ bearer: [] }]);
    expect(operations['GET /public']?.security).toEqual([]);
  });

  it('does not claim that a handler is open if "isPublic" decides on AccessTokenGuard', async () => {
    const operation = operationsOf(
      await documentOf({
        controllers: [handler(UseGuards(AccessTokenGuard))],
        options: { authorizationServers: [bootServer], isPublic: () => false },
      }),
    )['GET /'] as Operation;
    expect(operation.security).toBeUndefined();
    expect(operation['description']).toContain('Other guards of the application decide');
  });

  it('names a security scheme of the application', async () => {
    const config = new DocumentBuilder().addCookieAuth('session', { type: 'apiKey', in: 'cookie' }, 'session').build();
    const document = await documentOf(
      { controllers: [handler(RequireAcr('mfa'))] },
      { config, securityScheme: 'session' },
    );
    expect(operationsOf(document)['GET /']?.security).toEqual([{ session: [] }]);
    expect(Object.keys(document.components?.securitySchemes ?? {})).toEqual(['session']);
  });

  it('says nothing of a response that the header of an application strategy belongs to', async () => {
    const { responses } = operationsOf(
      await documentOf({
        controllers: [handler(UseGuards(AccessTokenGuard))],
        options: { passport: 'existing' },
      }),
    )['GET /'] as Operation;
    expect(Object.keys(responses['401'] as object)).toEqual(['description']);
  });
});

describe('an operation is found by its handler', () => {
  it('with prefix, version, several paths, several methods and a module path', async () => {
    @Controller({ path: 'transfers', version: '2' })
    class TransfersController {
      @Post()
      @RequireAcr('mfa')
      create() {}

      @Get([':id', 'by-id/:id'])
      @RequireAcr('pwd')
      show() {}

      @All('any')
      @Public()
      any() {}

      @Get('news')
      @Version(['1', '2'])
      news() {}

      @Get('hidden')
      @ApiExcludeEndpoint()
      @RequireAcr('mfa')
      hidden() {}
    }
    @Module({ controllers: [TransfersController] })
    class BankModule {}
    const document = await documentOf({
      imports: [BankModule, RouterModule.register([{ path: 'bank', module: BankModule }])],
      configure: (app) => app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI }),
    });
    expect(accessOf(document)).toMatchObject({
      'POST /api/v2/bank/transfers': 'required',
      'GET /api/v2/bank/transfers/{id}': 'required',
      'GET /api/v2/bank/transfers/by-id/{id}': 'required',
      'DELETE /api/v2/bank/transfers/any': 'public',
      'GET /api/v1/bank/transfers/news': 'open',
      'GET /api/v2/bank/transfers/news': 'open',
    });
    expect(JSON.stringify(document)).not.toContain('hidden');
    expect(Object.values(accessOf(document))).not.toContain(undefined);
  });

  it('if versions share a path, that of the version in the document', async () => {
    @Controller('news')
    class NewsController {
      @Get()
      @Version('1')
      @Public()
      first() {}

      @Get()
      @Version('2')
      @RequireAcr('mfa')
      second() {}
    }
    const configure = (app: INestApplication) =>
      app.enableVersioning({ type: VersioningType.HEADER, header: 'version' });
    const document = await documentOf({ controllers: [NewsController], configure });
    const { operationId } = operationsOf(document)['GET /news'] as Operation;
    expect({ operationId, access: accessOf(document)['GET /news'] }).toEqual({
      operationId: 'NewsController_second_2',
      access: 'required',
    });
  });

  it('if it is inherited by two controllers, with the requirement of each', async () => {
    class AccountsBase {
      @Get()
      list() {}
    }
    @Controller('mine')
    @RequireAcr('mfa')
    class MyAccounts extends AccountsBase {}
    @Controller('public')
    @Public()
    class PublicAccounts extends AccountsBase {}
    expect(accessOf(await documentOf({ controllers: [MyAccounts, PublicAccounts] }))).toEqual({
      'GET /mine': 'required',
      'GET /public': 'public',
    });
  });

  it('if classes share a name, and operations an operationId', async () => {
    const named = (path: string, ...decorators: MethodDecorator[]) =>
      handler(Get(path), ApiOperation({ operationId: 'same' }), ...decorators);
    const document = await documentOf({ controllers: [named('a', RequireAcr('mfa')), named('b', Public())] });
    expect(accessOf(document)).toEqual({ 'GET /a': 'required', 'GET /b': 'public' });
  });

  it('if Nest makes its controller for each request', async () => {
    @Controller({ path: 'mine', scope: Scope.REQUEST })
    class MineController {
      @Get()
      @RequireAcr('mfa')
      list() {}
    }
    expect(accessOf(await documentOf({ controllers: [MineController] }))).toEqual({ 'GET /mine': 'required' });
  });

  it('in a document of some modules, without the prefix', async () => {
    @Module({ controllers: [handler(Get('a'), RequireAcr('mfa'))] })
    class First {}
    @Module({ controllers: [handler(Get('a'), Public())] })
    class Second {}
    const document = await documentOf(
      { imports: [First, Second], configure: (app) => app.setGlobalPrefix('api') },
      { include: [First], ignoreGlobalPrefix: true },
    );
    expect(accessOf(document)).toEqual({ 'GET /a': 'required' });
  });
});

describe('createStepUpDocument()', () => {
  const controllers = [handler(RequireAcr('mfa'), ApiSecurity('key')), handler(Post(), Public())];

  it.each(['3.0.0', '3.1.0'])('makes a valid document of OpenAPI %s', async (version) => {
    const config = new DocumentBuilder().setOpenAPIVersion(version).addApiKey(undefined, 'key').build();
    expect(await faultsOf(await documentOf({ controllers }, { config }))).toBeUndefined();
  });

  it('makes the same document each time, and leaves no trace in those of Swagger', async () => {
    const app = await bootedApplication({ controllers });
    const plain = SwaggerModule.createDocument(app, title);
    const first = createStepUpDocument(app, title);
    const second = createStepUpDocument(app, title);
    expect(second).toEqual(first);
    expect(first).not.toEqual(plain);
    expect(SwaggerModule.createDocument(app, title)).toEqual(plain);
    expect(JSON.stringify(first)).not.toContain('x-nestjs-step-up');
    await app.close();
  });

  it('leaves no trace if Swagger throws', async () => {
    const app = await bootedApplication({ controllers });
    const plain = SwaggerModule.createDocument(app, title);
    const operationIdFactory = () => {
      throw new Error('no names');
    };
    expect(() => createStepUpDocument(app, title, { operationIdFactory })).toThrow('no names');
    expect(SwaggerModule.createDocument(app, title)).toEqual(plain);
    await app.close();
  });

  it('refuses an application that has not booted, and says when to call it', async () => {
    const app = await bootedApplication({ controllers, init: false });
    expect(() => createStepUpDocument(app, title)).toThrow(
      'createStepUpDocument() needs an application that has booted, with a handler: give SwaggerModule.setup() the ' +
        'function () => createStepUpDocument(app, config), or call it after app.init()',
    );
    await app.close();
  });

  it('refuses an application without StepUpModule', async () => {
    const app = await bootedApplication({ controllers: [handler(Get('plain'))], stepUp: false });
    expect(() => createStepUpDocument(app, title)).toThrow(
      'createStepUpDocument() needs StepUpModule; import StepUpModule.forRoot() in the root module of this application',
    );
    await app.close();
  });

  it.each([
    ['', '""'],
    ['a b', '"a b"'],
    [null, 'null'],
    [{}, 'of type object'],
  ])('refuses the security scheme %j', async (securityScheme, shown) => {
    const app = await bootedApplication({ controllers });
    const create = () => createStepUpDocument(app, title, { securityScheme: securityScheme as string });
    expect(create).toThrow(`"securityScheme" must be a name of letters, digits, ".", "-" and "_", not ${shown}`);
    await app.close();
  });
});
