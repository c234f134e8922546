// Hono on Node, with jose and a middleware of ten lines. There is no cache of verified tokens.
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { reportTo } from './report.mjs';

const [issuer, audience] = process.argv.slice(2);
const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
const challenge = (parameters) => ({
  'WWW-Authenticate': `Bearer realm="api"${parameters}`,
  'Cache-Control': 'no-store',
});
const app = new Hono();
app.get('/open', (context) => context.json({ ok: true }));
app.get('/protected', async (context) => {
  const token = context.req.header('authorization')?.replace(/^Bearer /, '');
  if (token === undefined) return context.json({ message: 'Unauthorized' }, 401, challenge(''));
  const { payload } = await jwtVerify(token, keys, { issuer, audience, typ: 'at+jwt', algorithms: ['RS256'] });
  if (payload.acr === 'mfa' && Date.now() / 1000 - payload.auth_time < 300) return context.json({ ok: true });
  const error = 'insufficient_user_authentication';
  return context.json({ error }, 401, challenge(`, error="${error}", acr_values="mfa", max_age="300"`));
});
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => reportTo(process, port));
