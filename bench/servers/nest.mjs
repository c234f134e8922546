// The server under load: an open route, a protected one, and one guarded as it is written by hand today.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { Controller, Get, Module, UseGuards } = await import('@nestjs/common');
const { NestFactory } = await import('@nestjs/core');
const { AuthGuard, PassportStrategy } = await import('@nestjs/passport');
const { ExpressAdapter } = await import('@nestjs/platform-express');
const { FastifyAdapter } = await import('@nestjs/platform-fastify');
const { passportJwtSecret } = require('jwks-rsa');
const { ExtractJwt, Strategy } = require('passport-jwt');
const { RequireAcr, StepUpModule } = require('../dist/index.js');

const [adapter, issuer, audience] = process.argv.slice(2);

class HandWrittenStrategy extends PassportStrategy(Strategy, 'by-hand') {
  constructor() {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: passportJwtSecret({ jwksUri: `${issuer}/jwks`, cache: true }),
      issuer,
      audience,
      algorithms: ['RS256'],
    });
  }

  validate(claims) {
    return claims;
  }
}

class HandWrittenGuard {
  canActivate(context) {
    const { acr, auth_time: authTime } = context.switchToHttp().getRequest().user;
    return acr === 'mfa' && Date.now() / 1000 - authTime < 300;
  }
}

class BenchController {
  answer() {
    return { ok: true };
  }
  protected() {
    return { ok: true };
  }
  byHand() {
    return { ok: true };
  }
}
const decorate = (name, ...decorators) => {
  const descriptor = Object.getOwnPropertyDescriptor(BenchController.prototype, name);
  for (const decorator of decorators) decorator(BenchController.prototype, name, descriptor);
};
decorate('answer', Get('open'));
decorate('protected', Get('protected'), RequireAcr('mfa', { maxAge: 300 }));
decorate('byHand', Get('by-hand'), UseGuards(AuthGuard('by-hand'), HandWrittenGuard));
Controller()(BenchController);

class BenchModule {}
Module({
  imports: [StepUpModule.forRoot({ authorizationServers: [{ issuer, audience, acr: { mfa: 'mfa' } }] })],
  controllers: [BenchController],
  providers: [HandWrittenStrategy],
})(BenchModule);

const app = await NestFactory.create(BenchModule, adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter(), {
  logger: ['error'],
});
await app.listen(0, '127.0.0.1');
process.on('message', () => process.send(process.cpuUsage()));
process.on('disconnect', () => process.exit());
process.send(`http://127.0.0.1:${app.getHttpServer().address().port}`);
