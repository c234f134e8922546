import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import {
  Controller,
  Delete,
  Get,
  HttpCode,
  MethodNotAllowedException,
  Post,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { AccessTokenGuard, RequireAcr } from 'nestjs-step-up';
import { requirementsPerTool } from 'nestjs-step-up/mcp';
import { Customer } from './customer.js';
import { Ledger } from './ledger.js';
import { createMcpServer } from './mcp-server.js';

/** The bank as tools of the Model Context Protocol, over Streamable HTTP without sessions. */
@Controller('mcp')
export class McpController {
  constructor(private readonly ledger: Ledger) {}

  /** Signed in is enough to look; a transfer needs a second factor and a sign-in of the last five minutes. */
  @Post()
  @HttpCode(200)
  @RequireAcr(requirementsPerTool({ accounts: false, transfer: { acrValues: ['mfa'], maxAge: 300 } }))
  async serve(@Customer() customer: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const transport = new NodeStreamableHTTPServerTransport({ enableJsonResponse: true });
    await createMcpServer(this.ledger, customer).connect(transport);
    await transport.handleRequest(request, response, request.body);
  }

  /** There are no sessions, so there is no stream of one either. */
  @Get()
  @UseGuards(AccessTokenGuard)
  stream(): never {
    throw new MethodNotAllowedException();
  }

  @Delete()
  @UseGuards(AccessTokenGuard)
  end(): never {
    throw new MethodNotAllowedException();
  }
}
