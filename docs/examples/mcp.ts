// A server of the Model Context Protocol: its tools require different sign-ins.
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { McpServer } from '@modelcontextprotocol/server';
import { Controller, HttpCode, Module, Post, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Request, Response } from 'express';
import { RequireAcr, StepUpModule } from 'nestjs-step-up';
import { requirementsPerTool } from 'nestjs-step-up/mcp';
import { z } from 'zod';

function createMcpServer() {
  const server = new McpServer({ name: 'bank', version: '1.0.0' });
  server.registerTool('accounts', { description: 'Lists the accounts' }, () => ({
    content: [{ type: 'text', text: 'current' }],
  }));
  server.registerTool(
    'transfer',
    { description: 'Moves money', inputSchema: z.object({ amount: z.number() }) },
    ({ amount }) => ({ content: [{ type: 'text', text: `Moved ${amount}` }] }),
  );
  return server;
}

@Controller('mcp')
class McpController {
  @Post()
  @HttpCode(200)
  @RequireAcr(
    requirementsPerTool({
      accounts: false, // a valid token
      transfer: { acrValues: ['mfa'], maxAge: 300 },
    }),
  )
  async serve(@Req() request: Request, @Res() response: Response) {
    const transport = new NodeStreamableHTTPServerTransport({ enableJsonResponse: true });
    await createMcpServer().connect(transport);
    await transport.handleRequest(request, response, request.body);
  }
}

@Module({
  imports: [
    StepUpModule.forRoot({
      authorizationServers: [
        {
          issuer: process.env['STEP_UP_ISSUER'] ?? 'http://127.0.0.1:9000',
          audience: process.env['STEP_UP_AUDIENCE'] ?? 'https://api.example',
          acr: { phr: 'urn:example:phr', mfa: 'urn:example:mfa', pwd: 'urn:example:pwd' },
          order: ['phr', 'mfa', 'pwd'],
        },
      ],
      // hosts find the authorization server in this document, which each challenge names
      protectedResourceMetadata: {
        resource: process.env['MCP_URL'] ?? 'http://127.0.0.1:3000/mcp',
        scopesSupported: ['openid'],
      },
    }),
  ],
  controllers: [McpController],
})
export class AppModule {}

async function start() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
  return app;
}

export const application = start();
