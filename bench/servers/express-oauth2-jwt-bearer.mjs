// Express without Nest, with the middleware of Auth0: it has no cache of verified tokens, and answers what lacks a claim with 401.
import express from 'express';
import { auth, claimCheck } from 'express-oauth2-jwt-bearer';
import { reportTo } from './report.mjs';

const [issuer, audience] = process.argv.slice(2);
const app = express();
app.get('/open', (_, response) => response.json({ ok: true }));
app.get(
  '/protected',
  auth({ issuer, audience, jwksUri: `${issuer}/jwks`, tokenSigningAlg: 'RS256' }),
  claimCheck(({ acr, auth_time: authTime }) => acr === 'mfa' && Date.now() / 1000 - authTime < 300),
  (_, response) => response.json({ ok: true }),
);
app.use((error, _, response, __) => {
  response
    .status(error.status ?? 500)
    .set(error.headers)
    .json({ error: error.code });
});
const server = app.listen(0, '127.0.0.1', () => reportTo(process, server.address().port));
