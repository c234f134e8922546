import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { Controller, Get, HttpCode, MethodNotAllowedException, Post, Req, Res } from '@nestjs/common';
import { RequireAcr } from 'nestjs-step-up';
import { requirementsPerTool } from 'nestjs-step-up/mcp';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, freePort, type RunningApplication, startApplication } from '../../support/application.js';

/** What the application and its authorization server have done. */
export interface McpApi {
  /** The MCP endpoint. */
  readonly url: URL;
  readonly server: TestAuthorizationServer;
  /** Names of the tools that ran. */
  readonly ran: string[];
  close(): Promise<void>;
}

/** Starts an authorization server, and an application with an MCP endpoint whose tools have requirements. */
export async function startMcpApi(): Promise<McpApi> {
  const port = await freePort();
  const resource = `http://127.0.0.1:${port}/mcp`;
  const server = await createTestAuthorizationServer({ audience: resource });
  const ran: string[] = [];

  @Controller('mcp')
  class McpController {
    @Post()
    @HttpCode(200)
    @RequireAcr(
      requirementsPerTool({
        balance: false,
        transfer: { acrValues: ['mfa'], maxAge: 300 },
        close: { acrValues: ['phr'] },
      }),
    )
    async serve(@Req() request: never, @Res() response: never): Promise<void> {
      const mcp = new McpServer({ name: 'bank', version: '1.0.0' });
      for (const tool of ['balance', 'transfer', 'close']) {
        mcp.registerTool(tool, { description: tool }, () => {
          ran.push(tool);
          return { content: [{ type: 'text' as const, text: `${tool}: done` }] };
        });
      }
      const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true } as never);
      await mcp.connect(transport as never);
      await transport.handleRequest(request, response, (request as { body: unknown }).body);
    }

    /** There is no stream. */
    @Get()
    @RequireAcr(requirementsPerTool({ transfer: { maxAge: 300 } }))
    stream(): never {
      throw new MethodNotAllowedException();
    }
  }

  const application: RunningApplication = await startApplication({
    createAdapter: adapters[0][1],
    controllers: [McpController],
    port,
    options: {
      authorizationServers: [
        {
          issuer: server.issuer,
          acr: { mfa: 'urn:example:mfa', phr: 'urn:example:phr' },
          order: ['phr', 'mfa'],
        },
      ],
      protectedResourceMetadata: { resource, scopesSupported: ['openid'] },
    },
  });
  return {
    url: new URL(resource),
    server,
    ran,
    async close() {
      await application.close();
      await server.close();
    },
  };
}
