/** Returns `step-up.options.ts`. */
export function optionsFile(): string {
  return `import type { StepUpModuleOptions } from 'nestjs-step-up';

/** The authorization server whose access tokens this API accepts, from the environment. */
export function stepUpOptions(): StepUpModuleOptions {
  return {
    authorizationServers: [
      {
        issuer: variable('STEP_UP_ISSUER', 'http://127.0.0.1:9000'),
        audience: variable('STEP_UP_AUDIENCE', 'https://api.example'),
        // Your words, and what your authorization server calls them. The default is that of "nestjs-step-up serve".
        acr: {
          phr: 'urn:example:phr',
          mfa: 'urn:example:mfa',
          pwd: 'urn:example:pwd',
        },
        order: ['phr', 'mfa', 'pwd'],
      },
    ],
  };
}

/** Only tests boot without the variables. */
function variable(name: string, inTests: string): string {
  const isTest = process.env.NODE_ENV === 'test';
  const value = process.env[name] || (isTest ? inTests : '');
  if (value !== '') return value;
  throw new TypeError(
    \`The variable \${name} is not set. For development, run "npx nestjs-step-up serve", and set what it prints.\`,
  );
}
`;
}

/** Returns `protected.controller.ts`. */
export function controllerFile(): string {
  return `import { Controller, Get } from '@nestjs/common';
import { RequireAcr } from 'nestjs-step-up';

@Controller('protected')
export class ProtectedController {
  /** Needs a second factor, and a sign-in of the last five minutes. */
  @Get()
  @RequireAcr('mfa', { maxAge: 300 })
  read(): { message: string } {
    return { message: 'A second factor, not longer than five minutes ago' };
  }
}
`;
}

/** Returns `step-up.e2e-spec.ts`. */
export function testFile({
  module,
  className,
  isFastify,
  isVitest,
}: {
  /** The root module, as the test imports it. */
  readonly module: string;
  readonly className: string;
  readonly isFastify: boolean;
  readonly isVitest: boolean;
}): string {
  const fastify = "import { FastifyAdapter } from '@nestjs/platform-fastify';\n";
  const vitest = "import { afterAll, beforeAll, describe, expect, it } from 'vitest';\n";
  return `import type { INestApplication } from '@nestjs/common';
${isFastify ? fastify : ''}import { Test } from '@nestjs/testing';
import {
  createTestAuthorizationServer,
  expectStepUpChallenge,
  type TestAuthorizationServer,
} from 'nestjs-step-up/testing';
${isVitest ? vitest : ''}import { ${className} } from '${module}';

describe('GET /protected (e2e)', () => {
  let server: TestAuthorizationServer;
  let app: INestApplication;

  beforeAll(async () => {
    server = await createTestAuthorizationServer();
    process.env.STEP_UP_ISSUER = server.issuer;
    process.env.STEP_UP_AUDIENCE = server.audience;
    const testing = await Test.createTestingModule({
      imports: [${className}],
    }).compile();
    app = testing.createNestApplication(${isFastify ? 'new FastifyAdapter()' : ''});
    await app.listen(0, '127.0.0.1');
  });

  afterAll(async () => {
    await app?.close();
    await server?.close();
  });

  const read = async (token?: string) =>
    fetch(\`\${await app.getUrl()}/protected\`, {
      headers: token === undefined ? {} : { authorization: \`Bearer \${token}\` },
    });

  it('needs an access token', async () => {
    expect((await read()).status).toBe(401);
  });

  it('challenges a user who has signed in with a password alone', async () => {
    const token = await server.accessToken({ acr: 'urn:example:pwd' });
    expectStepUpChallenge(await read(token), {
      acrValues: ['urn:example:mfa', 'urn:example:phr'],
      maxAge: 300,
    });
  });

  it('responds to a user who has used a second factor just now', async () => {
    const token = await server.accessToken({ acr: 'urn:example:mfa' });
    expect((await read(token)).status).toBe(200);
  });
});
`;
}
