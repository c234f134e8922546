// WebSockets: a token opens the socket, and after a step-up the message "renew" brings the new one.
import { type ExecutionContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { RequireAcr, SkipStepUp, StepUpContext, StepUpModule, StepUpService } from 'nestjs-step-up';

@WebSocketGateway()
class BankGateway {
  constructor(private readonly stepUp: StepUpService) {}

  handleConnection(client: object, request: object) {
    return this.stepUp.handshake(client, request); // closes a socket without a valid token
  }

  @SubscribeMessage('accounts')
  @SkipStepUp() // a token that is still valid
  accounts() {
    return { event: 'accounts', data: ['current'] };
  }

  @SubscribeMessage('transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  transfer(@MessageBody() { amount }: { amount: number }) {
    return { event: 'transferred', data: amount };
  }

  @SubscribeMessage('renew')
  async renew(@StepUpContext() at: ExecutionContext, @MessageBody() token: string) {
    await this.stepUp.renew(at, token); // of the same user
    return { event: 'renewed' };
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
    }),
  ],
  providers: [BankGateway],
})
export class AppModule {}

async function start() {
  const app = await NestFactory.create(AppModule);
  app.useWebSocketAdapter(new WsAdapter(app));
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
  return app;
}

export const application = start();
