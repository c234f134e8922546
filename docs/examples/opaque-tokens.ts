// Opaque tokens: the module asks the authorization server about them, and instances share the answers in Redis.
import KeyvRedis from '@keyv/redis';
import { Controller, Module, type OnApplicationShutdown, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import Keyv from 'keyv';
import { RequireAcr, StepUpModule } from 'nestjs-step-up';

const redis = process.env['REDIS_URL']; // such as redis://127.0.0.1:6379; without it the cache is in memory
const cache = new Keyv(redis === undefined ? undefined : new KeyvRedis(redis, { throwOnErrors: true }), {
  throwOnErrors: true,
});
cache.on('error', () => undefined); // the module logs what fails, and asks the server instead

@Controller('transfers')
class TransfersController {
  @Post()
  @RequireAcr('mfa', { maxAge: 300 })
  transfer() {
    return { done: true };
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
          introspection: {
            clientId: 'test-resource-server',
            clientSecret: process.env['INTROSPECTION_SECRET'] ?? 'development',
            when: 'always', // JWTs too, such as those of the development server; the default is opaque tokens alone
            cacheFor: 60,
            cache,
          },
        },
      ],
    }),
  ],
  controllers: [TransfersController],
})
export class AppModule implements OnApplicationShutdown {
  async onApplicationShutdown() {
    await cache.disconnect();
  }
}

async function start() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
  return app;
}

export const application = start();
