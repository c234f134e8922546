import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpController, McpStrategy, StreamableHttpTransport, Tool } from '@rekog/mcp-nest';
import { RequireAcr } from 'nestjs-step-up';
import { parseStepUpChallenge } from 'nestjs-step-up/client';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { z } from 'zod';
import { adapters, logOfEachTest, type RunningApplication, startApplication } from '../../support/application.js';

logOfEachTest();
const ran = jest.fn();

@McpController()
class BankTools {
  @Tool({ name: 'transfer', description: 'Moves money', parameters: z.object({}) })
  @RequireAcr('mfa', { maxAge: 300 })
  transfer() {
    ran();
    return { content: [{ type: 'text', text: 'done' }] };
  }
}

describe.each(adapters)('a tool of @rekog/mcp-nest, over %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let application: RunningApplication;

  beforeAll(async () => {
    server = await createTestAuthorizationServer();
    application = await startApplication({
      createAdapter,
      controllers: [BankTools],
      options: { authorizationServers: [{ issuer: server.issuer, audience: server.audience }], realm: 'bank' },
      configure(app) {
        const transports = [new StreamableHttpTransport()];
        const httpAdapter = app.getHttpAdapter();
        app.connectMicroservice(
          { strategy: new McpStrategy({ name: 'bank', version: '1', transports, httpAdapter }) },
          { inheritAppConfig: true },
        );
      },
      beforeListen: (app) => app.startAllMicroservices(),
    });
  });
  afterAll(async () => {
    await application?.close();
    await server?.close();
  });
  beforeEach(() => ran.mockClear());

  async function call(token: string | undefined) {
    const client = new Client({ name: 'host', version: '1' });
    const headers = new Headers(token === undefined ? [] : [['authorization', `Bearer ${token}`]]);
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${application.url}/mcp`), { requestInit: { headers } }),
    );
    try {
      return await client.callTool({ name: 'transfer', arguments: {} });
    } finally {
      await client.close();
    }
  }

  it('is refused with a result that says what is required, where hosts look for it', async () => {
    const result = await call(await server.accessToken({ acr: 'pwd' }));
    expect(result).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: 'A different authentication is required' }],
    });
    const [challenge] = (result._meta?.['mcp/www_authenticate'] ?? []) as string[];
    expect(challenge).toBe(
      'Bearer realm="bank", error="insufficient_user_authentication", ' +
        'error_description="A different authentication is required", acr_values="mfa", max_age="300"',
    );
    expect(parseStepUpChallenge(challenge)).toMatchObject({ acrValues: ['mfa'], maxAge: 300 });
    expect(ran).not.toHaveBeenCalled();
  });

  it.each<[what: string, token: () => string | undefined, text: string]>([
    ['no token', () => undefined, 'Unauthorized'],
    ['a token that is none', () => 'garbage', 'The access token is not a signed JWT'],
  ])('is refused with %s', async (_, token, text) => {
    expect(await call(token())).toMatchObject({ isError: true, content: [{ text }] });
    expect(ran).not.toHaveBeenCalled();
  });

  it('runs with a token that is good enough, which it finds in the HTTP request', async () => {
    expect(await call(await server.accessToken({ acr: 'mfa' }))).toMatchObject({ content: [{ text: 'done' }] });
    expect(ran).toHaveBeenCalledTimes(1);
  });
});
