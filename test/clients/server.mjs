// The smallest example of the documentation as a server in this runtime, with an authorization server whose tokens are
// signed by ALGORITHM. Prints what it answers.
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';

const server = await createTestAuthorizationServer({ algorithm: process.env.ALGORITHM });
Object.assign(process.env, { STEP_UP_ISSUER: server.issuer, STEP_UP_AUDIENCE: server.audience, PORT: '0' });
const { application } = await import('./smallest.mjs');
const app = await application;

const CHALLENGE =
  /error="insufficient_user_authentication".* acr_values="urn:example:mfa urn:example:phr", max_age="300"/;
const expected = {
  'no token': [undefined, 401, /^Bearer realm="api"$/],
  'a weak token': [await server.accessToken({ acr: 'urn:example:pwd' }), 401, CHALLENGE],
  'a strong token': [await server.accessToken({ acr: 'urn:example:mfa' }), 201, /^$/],
  'a forged token': [
    (await server.accessToken({ acr: 'urn:example:mfa' })).replace(/.{9}$/, 'AAAAAAAAA'),
    401,
    /invalid_token/,
  ],
};
const outcome = {};
for (const [what, [token, status, challenge]] of Object.entries(expected)) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${await app.getUrl()}/transfers`, { method: 'POST', headers });
  const found = response.headers.get('www-authenticate') ?? '';
  const isRight = response.status === status && challenge.test(found);
  outcome[what] = isRight ? String(status) : `FAILED ${response.status} ${found}`;
}
console.log(JSON.stringify(outcome));
await app.close();
await server.close();
