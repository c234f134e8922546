import {
  type ArgumentsHost,
  BadRequestException,
  Catch,
  type ExceptionFilter,
  UnprocessableEntityException,
} from '@nestjs/common';
import type { WebSocket } from 'ws';

/** Sends over a socket what is wrong with an order. Nest's own filter would say "Internal server error". */
@Catch(BadRequestException, UnprocessableEntityException)
export class OrderFilter implements ExceptionFilter<BadRequestException | UnprocessableEntityException> {
  catch(exception: BadRequestException | UnprocessableEntityException, host: ArgumentsHost): void {
    const client = host.switchToWs().getClient<WebSocket>();
    client.send(JSON.stringify({ event: 'exception', data: exception.getResponse() }));
  }
}
