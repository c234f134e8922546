// @ts-nocheck: see ../harness/tokens.ts
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { McpServer } from '@modelcontextprotocol/server';
import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { McpController, McpStrategy, StreamableHttpTransport, Tool } from '@rekog/mcp-nest';
import { RequireAcr } from 'nestjs-step-up';
import { requirementsPerTool } from 'nestjs-step-up/mcp';
import { z } from 'zod';
import { decorate } from '../harness/decorate';

/** Calls the tool with the official SDK as host. What is refused over HTTP is the response; else the tool's result. */
async function callTool({ url }, token) {
  const client = new Client({ name: 'host', version: '1' });
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let refused: unknown;
  const watching = async (...request) => {
    const response = await fetch(...request);
    if (!response.ok && response.status !== 405) refused = response.clone();
    return response;
  };
  try {
    const address = new URL(`${url}/mcp`);
    await client.connect(new StreamableHTTPClientTransport(address, { requestInit: { headers }, fetch: watching }));
    const result = await client.callTool({ name: 'transfer', arguments: {} });
    if (result.isError !== true) return { form: 'result', held: result };
    // the challenge is where hosts look for it
    const challenge = result._meta?.['mcp/www_authenticate'];
    return { form: 'result, `isError`, `_meta`', held: challenge, text: JSON.stringify(result) };
  } catch (error) {
    if (refused === undefined) throw error;
    return { form: `HTTP ${refused.status}`, held: refused, text: await refused.clone().text() };
  } finally {
    await client.close().catch(() => undefined);
  }
}

/** A controller that serves MCP with the official SDK, and says what each tool requires. */
export function mcpController({ guards, ran, isRequired }) {
  @Controller('mcp')
  class BankMcpController {
    async serve(request, response) {
      const server = new McpServer({ name: 'bank', version: '1' });
      server.registerTool('transfer', { description: 'Moves money', inputSchema: z.object({}) }, () => ({
        content: [{ type: 'text', text: ran() }],
      }));
      const transport = new NodeStreamableHTTPServerTransport();
      await server.connect(transport);
      await transport.handleRequest(request, response, request.body);
    }
  }
  // what each tool requires stands in place of one requirement for all of them
  const perTool = RequireAcr(requirementsPerTool({ transfer: { acrValues: ['mfa'], maxAge: 300 } }));
  const own = isRequired ? [perTool] : guards;
  const types = Reflect.metadata('design:paramtypes', [Object, Object]);
  decorate(BankMcpController, 'serve', [Post(), HttpCode(200), ...own, types]);
  Req()(BankMcpController.prototype, 'serve', 0);
  Res()(BankMcpController.prototype, 'serve', 1);
  return { adapter: 'express', controllers: [BankMcpController] };
}

function rekog({ guards, ran }) {
  @McpController()
  class BankTools {
    transfer() {
      return { content: [{ type: 'text', text: ran() }] };
    }
  }
  decorate(BankTools, 'transfer', [
    Tool({ name: 'transfer', description: 'Moves money', parameters: z.object({}) }),
    ...guards,
  ]);
  return {
    adapter: 'express',
    controllers: [BankTools],
    beforeListen: async (app) => {
      const httpAdapter = app.getHttpAdapter();
      const transports = [new StreamableHttpTransport()];
      const strategy = new McpStrategy({ name: 'bank', version: '1', transports, httpAdapter });
      app.connectMicroservice({ strategy }, { inheritAppConfig: true });
      await app.startAllMicroservices();
    },
  };
}

export const mcpTransports = [
  { name: 'MCP, official SDK: a tool call', create: (parts) => ({ ...mcpController(parts), call: callTool }) },
  // it calls hooks that the microservices of Nest 11.0 do not have yet
  {
    name: 'MCP, @rekog/mcp-nest: a tool call',
    without: ['11.0.0'],
    create: (parts) => ({ ...rekog(parts), call: callTool }),
  },
];
