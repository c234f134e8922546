// Fastify without Nest, with its JWT plugin. Its cache remembers verified tokens. It fetches no keys: they are given at the start.
import { createPublicKey } from 'node:crypto';
import fastifyJwt from '@fastify/jwt';
import fastify from 'fastify';
import { reportTo } from './report.mjs';

const [issuer, audience] = process.argv.slice(2);
const { keys } = await (await fetch(`${issuer}/jwks`)).json();
const publicKey = createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' });
const app = fastify();
await app.register(fastifyJwt, {
  secret: { public: publicKey },
  verify: { algorithms: ['RS256'], allowedIss: issuer, allowedAud: audience, cache: true },
});
app.get('/open', async () => ({ ok: true }));
app.get(
  '/protected',
  {
    async onRequest(request, reply) {
      await request.jwtVerify();
      const { acr, auth_time: authTime } = request.user;
      if (acr === 'mfa' && Date.now() / 1000 - authTime < 300) return;
      reply.header(
        'WWW-Authenticate',
        'Bearer error="insufficient_user_authentication", acr_values="mfa", max_age="300"',
      );
      return reply.code(401).send({ error: 'insufficient_user_authentication' });
    },
  },
  async () => ({ ok: true }),
);
await app.listen({ port: 0, host: '127.0.0.1' });
reportTo(process, app.server.address().port);
