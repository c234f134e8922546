import type { IncomingMessage } from 'node:http';
import { type ExecutionContext, UseFilters } from '@nestjs/common';
import { MessageBody, type OnGatewayConnection, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { RequireAcr, StepUpContext, StepUpService } from 'nestjs-step-up';
import type { WebSocket } from 'ws';
import { BANK_PROTOCOL, moveToken } from './bank-socket.js';
import type { Receipt } from './ledger.js';
import { OrderFilter } from './order.filter.js';
import { Transfers } from './transfers.js';

/** Bytes that a message may have. An order takes a few. */
const MAX_PAYLOAD = 4096;

/** The bank's API over a socket. Each message is judged by itself, since a socket outlives a token. */
@WebSocketGateway({ path: '/socket', handleProtocols: () => BANK_PROTOCOL, maxPayload: MAX_PAYLOAD })
@UseFilters(OrderFilter)
export class TransfersGateway implements OnGatewayConnection<WebSocket> {
  constructor(
    private readonly transfers: Transfers,
    private readonly stepUp: StepUpService,
  ) {}

  /** A token that is refused closes the socket with code 4401. */
  handleConnection(client: WebSocket, request: IncomingMessage): Promise<boolean> {
    moveToken(request);
    return this.stepUp.handshake(client, request);
  }

  /** A refusal comes as an `exception`, with what a challenge over HTTP would say. */
  @SubscribeMessage('transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  async transfer(
    @StepUpContext() at: ExecutionContext,
    @MessageBody() order: unknown,
  ): Promise<{ event: string; data: Receipt }> {
    return { event: 'receipt', data: await this.transfers.perform(at, order) };
  }
}
