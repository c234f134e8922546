// @ts-nocheck: see types.ts
// Authentication by the application's own means, for `passport: 'existing'`.
import { Injectable } from '@nestjs/common';
import passport from 'passport';

/** What a token says; `undefined` for one that is expired. The harness has made all of them, so nothing is verified. */
export function claimsOf(token) {
  if (token === undefined) return undefined;
  const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
  return claims.exp > Date.now() / 1000 ? claims : undefined;
}

export function bearerOf(request) {
  return request.headers?.authorization?.replace(/^Bearer /, '');
}

/** A Passport strategy named "own". */
@Injectable()
export class OwnStrategy extends passport.Strategy {
  name = 'own';
  authenticate(request) {
    const claims = claimsOf(bearerOf(request));
    if (claims === undefined) this.fail();
    else this.success(claims);
  }
  onModuleInit() {
    passport.use('own', this);
  }
}

export const byStrategy = (options = {}) => ({
  providers: [OwnStrategy],
  options: { passport: 'existing', strategyName: 'own', ...options },
});

/** Middleware puts whom it knows on the request, nobody is nobody. */
export const byMiddleware = (options = {}, userOf = (request) => claimsOf(bearerOf(request))) => ({
  options: { passport: 'existing', strategyName: 'nowhere', ...options },
  configure: (app) => {
    const assign = (request, done) => {
      const user = userOf(request);
      if (user !== undefined) request.user = user;
      done();
    };
    if (app.getHttpAdapter().getType() === 'fastify')
      app
        .getHttpAdapter()
        .getInstance()
        .addHook('onRequest', (request, _reply, done) => assign(request, done));
    else app.use((request, _response, next) => assign(request, next));
  },
});

export const eventOf = (claims) => ({
  acr: claims.acr,
  authTime: claims.auth_time,
  issuer: claims.iss,
  subject: claims.sub,
});

export function requestOf(context) {
  if (context.getType() === 'http') return context.switchToHttp().getRequest();
  if (context.getType() === 'graphql') return context.getArgByIndex(2)?.req;
  if (context.getType() === 'ws') {
    const client = context.switchToWs().getClient();
    return client.handshake ?? client;
  }
  return context.switchToRpc().getContext();
}
