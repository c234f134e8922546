// Nest under load, one of three applications on one of two adapters:
// "plain" without the module: an open route, and the floor of what a refusal costs
// "module" with the module: an open route, and a protected one
// "by-hand" guarded as it is written by hand today, with passport-jwt and jwks-rsa
import { createRequire } from 'node:module';
import { reportTo } from './report.mjs';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { Controller, Get, Module, UnauthorizedException, UseGuards } = await import('@nestjs/common');
const { NestFactory } = await import('@nestjs/core');

const [application, adapter, issuer, audience] = process.argv.slice(2);

const prepared = (() => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const exception = new UnauthorizedException({ statusCode: 401, message: 'Unauthorized' });
  Error.stackTraceLimit = stackTraceLimit;
  return exception;
})();

/** The cheapest guard that refuses: it sets two headers and throws one prepared exception without a stack trace. */
const floor = {
  canActivate(context) {
    const response = context.getArgByIndex(1);
    setHeader(response, 'WWW-Authenticate', 'Bearer realm="api"');
    setHeader(response, 'Cache-Control', 'no-store');
    throw prepared;
  },
};
const setHeader =
  adapter === 'express'
    ? (response, name, value) => response.setHeader(name, value)
    : (reply, name, value) => reply.header(name, value);

const routes = {
  plain: () => ({ open: [], floor: [UseGuards(floor)] }),
  module: () => ({ open: [], protected: [require('../../dist/index.js').RequireAcr('mfa', { maxAge: 300 })] }),
  'by-hand': () => ({ open: [], protected: [UseGuards(passportGuard(), acrGuard)] }),
};

/** As the Passport recipe of Nest has it, with a guard behind it that reads acr and auth_time. */
function passportGuard() {
  const { AuthGuard, PassportStrategy } = require('@nestjs/passport');
  const { passportJwtSecret } = require('jwks-rsa');
  const { ExtractJwt, Strategy } = require('passport-jwt');
  const Base = PassportStrategy(Strategy, 'by-hand');
  const strategy = new (class extends Base {
    validate(claims) {
      return claims;
    }
  })({
    jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
    secretOrKeyProvider: passportJwtSecret({ jwksUri: `${issuer}/jwks`, cache: true }),
    issuer,
    audience,
    algorithms: ['RS256'],
  });
  return strategy && AuthGuard('by-hand');
}

const acrGuard = {
  canActivate(context) {
    const { acr, auth_time: authTime } = context.getArgByIndex(0).user;
    if (acr === 'mfa' && Date.now() / 1000 - authTime < 300) return true;
    throw new UnauthorizedException({ error: 'insufficient_user_authentication' });
  },
};

class BenchController {}
for (const [name, decorators] of Object.entries(routes[application]())) {
  BenchController.prototype[name] = () => ({ ok: true });
  const descriptor = Object.getOwnPropertyDescriptor(BenchController.prototype, name);
  for (const decorator of [Get(name), ...decorators]) decorator(BenchController.prototype, name, descriptor);
}
Controller()(BenchController);

class BenchModule {}
const stepUp = () =>
  require('../../dist/index.js').StepUpModule.forRoot({
    authorizationServers: [{ issuer, audience, acr: { mfa: 'mfa' } }],
  });
Module({ imports: application === 'module' ? [stepUp()] : [], controllers: [BenchController] })(BenchModule);

const adapterOf = {
  express: async () => new (await import('@nestjs/platform-express')).ExpressAdapter(),
  fastify: async () => new (await import('@nestjs/platform-fastify')).FastifyAdapter(),
};
const app = await NestFactory.create(BenchModule, await adapterOf[adapter](), { logger: ['error'] });
await app.listen(0, '127.0.0.1');
reportTo(process, app.getHttpServer().address().port);
