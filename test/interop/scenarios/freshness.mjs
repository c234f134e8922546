// How old a sign-in may be.
import assert from 'node:assert/strict';
import { authorizationParameters } from '../../../dist/esm/client/index.js';
import { RECENT } from '../api.mjs';
import { past, told } from './playing.mjs';

export default [
  {
    id: 'max_age',
    asks: `a sign-in older than max_age=${RECENT}`,
    expected: 'password asked, newer auth_time, satisfied, 200',
    async play(stage) {
      const client = await stage.signedIn();
      return await again(stage, client, 'review', { maxAge: RECENT });
    },
  },
  {
    id: 'max_age with acr',
    asks: `a sign-in with mfa older than max_age=${RECENT}, where mfa is required`,
    expected: 'password and code asked, newer auth_time, satisfied, 200',
    needs: 'mfa',
    async play(stage) {
      const client = await stage.signedInWithMfa();
      return await again(stage, client, 'limits', { maxAge: RECENT, acrValues: [stage.server.acr.mfa] });
    },
  },
  {
    id: 'max_age with acr, strict',
    asks: 'the same at a client whose second factor counts once',
    expected: 'password and code asked, newer auth_time, satisfied, 200',
    needs: 'strict',
    async play(stage) {
      const client = await stage.signedInWithMfa({ at: 'strict' });
      return await again(stage, client, 'limits', { maxAge: RECENT, acrValues: [stage.server.acr.mfa] });
    },
  },
  {
    id: 'acr alone',
    asks: 'a step-up without max_age, a second after the sign-in',
    expected: 'code asked, newer auth_time',
    needs: 'mfa',
    async play({ authTimeOf, signedIn, stepUp }) {
      const client = await signedIn();
      const before = await authTimeOf(client.tokens);
      await past(before);
      const { asked, tokens } = await stepUp(client);
      return `${told(asked)}, ${newer(await authTimeOf(tokens), before)} auth_time`;
    },
  },
  {
    id: 'two moments',
    asks: 'mfa, then a new password for max_age alone, then sign-on by cookie',
    expected: 'password asked, then nothing; acr pwd, 401',
    needs: 'mfa',
    async play({ api, authTimeOf, eventOf, signedIn, stepUp, wordOf }) {
      const client = await signedIn();
      await stepUp(client);
      await past((await authTimeOf(client.tokens)) + 1);
      await client.signIn({ max_age: '1' });
      const first = client.asked.join(' and ') || 'nothing';
      await client.signIn();
      const { acr } = await eventOf(client.tokens);
      const { status } = await api.send('limits', client.tokens.accessToken);
      return `${first} asked, then ${client.asked.join(' and ') || 'nothing'}; acr ${wordOf(acr)}, ${status}`;
    },
  },
  {
    id: 'max_age=0',
    asks: 'max_age=0, a second after the sign-in',
    expected: 'password asked, newer auth_time',
    play: (stage) => zero(stage, { max_age: '0' }),
  },
  {
    id: 'max_age=0 by the profile',
    asks: 'the same, as the client half asks for it with the profile',
    expected: 'password asked, newer auth_time',
    play: (stage) =>
      zero(
        stage,
        authorizationParameters({ scheme: 'Bearer', maxAge: 0 }, { ...stage.profile.request, scope: stage.scope }),
      ),
  },
  {
    id: 'max_age=0 at once',
    asks: 'max_age=0 within the second of the sign-in',
    expected: 'password asked',
    async play({ authTimeOf, signedIn }) {
      for (let attempts = 0; attempts < 40; attempts += 1) {
        await past(Math.floor(Date.now() / 1_000));
        const client = await signedIn();
        const before = await authTimeOf(client.tokens);
        await client.signIn({ max_age: '0' });
        if (client.tokens.idToken.iat === before) return told(client.asked);
      }
      throw new Error('this machine is too slow for two sign-ins within a second');
    },
  },
];

async function zero({ authTimeOf, signedIn }, parameters) {
  const client = await signedIn();
  const before = await authTimeOf(client.tokens);
  await past(before + 1);
  await client.signIn(parameters);
  return `${told(client.asked)}, ${newer(await authTimeOf(client.tokens), before)} auth_time`;
}

async function again({ api, authTimeOf }, client, path, challenge) {
  const before = await authTimeOf(client.tokens);
  await past(before + RECENT);
  const { status, body, steps } = await client.request(api, path);
  if (steps.length === 0) return `${status}, ${body.message}`;
  assert.equal(steps.length, 1);
  const [{ challenge: sent, asked, idToken, result }] = steps;
  assert.deepEqual({ maxAge: sent.maxAge, acrValues: sent.acrValues }, { acrValues: undefined, ...challenge });
  return `${told(asked)}, ${newer(idToken.auth_time, before)} auth_time, ${result.outcome}, ${status}`;
}

function newer(time, before) {
  assert.ok(Number.isInteger(time) && time >= before, `auth_time ${time} after ${before}`);
  return time > before ? 'newer' : 'the same';
}
