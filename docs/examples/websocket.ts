// WebSockets: each message brings its token, so that the one after the step-up goes over the same socket.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { RequireAcr, SkipStepUp, StepUpModule } from 'nestjs-step-up';

@WebSocketGateway()
class BankGateway {
  @SubscribeMessage('accounts')
  @SkipStepUp() // a valid token
  accounts() {
    return { event: 'accounts', data: ['current'] };
  }

  @SubscribeMessage('transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  transfer(@MessageBody() { amount }: { amount: number }) {
    return { event: 'transferred', data: amount };
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
      // the default is the Authorization header of the handshake, which pages cannot set
      accessToken: (context) => context.switchToWs().getData<{ token?: string } | undefined>()?.token,
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
