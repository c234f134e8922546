// Tokens that are bound by DPoP: openid-client at the authorization server, an API that accepts them, the client half.
import assert from 'node:assert/strict';
import { Client, callBound } from '../client.mjs';
import { claimsOf, essential } from './playing.mjs';

export default [
  {
    id: 'bound token',
    asks: 'a token bound by DPoP, with a good proof of openid-client',
    expected: 'cnf.jkt of the key, 200',
    needs: 'bound',
    async play({ signedIn, accepting }) {
      const api = await accepting();
      const client = await signedIn({}, { at: 'bound', isBound: true });
      const { accessToken } = client.tokens;
      const { cnf } = claimsOf(accessToken);
      const { status } = await callBound(client, client.binding, `${api.url}/accounts`, accessToken);
      return `${cnf?.jkt === client.binding.jkt ? 'cnf.jkt of the key' : JSON.stringify(cnf)}, ${status}`;
    },
  },
  {
    id: 'bound token refused',
    asks: 'another key, a proof used twice, the token as a bearer token, and an API that accepts no bound tokens',
    expected: '401 invalid_token, 401 invalid_dpop_proof, 401 invalid_token, 401 invalid_token',
    needs: 'bound',
    async play({ api: other, signedIn, accepting, server }) {
      const api = await accepting();
      const client = await signedIn({}, { at: 'bound', isBound: true });
      const { accessToken } = client.tokens;
      const url = `${api.url}/accounts`;
      const stranger = await Client.create(client.stage, { clientId: server.clients.bound, isBound: true });
      const dpop = await client.binding.proof({ method: 'POST', url, accessToken });
      const send = () => fetch(url, { method: 'POST', headers: { authorization: `DPoP ${accessToken}`, dpop } });
      const anotherKey = await api.answerOf(await callBound(client, stranger.binding, url, accessToken));
      assert.equal((await send()).status, 200);
      const outcomes = [
        anotherKey,
        await api.answerOf(await send()),
        await api.send('accounts', accessToken),
        await other.send('accounts', accessToken),
      ];
      return outcomes.map(({ status, error }) => `${status} ${error}`).join(', ');
    },
  },
  {
    id: 'bound step-up',
    asks: 'a step-up of the client half with proofs, by an essential acr',
    expected: 'under DPoP, acr mfa, 200',
    needs: 'bound',
    async play({ signedIn, accepting, server }) {
      const api = await accepting();
      const client = await signedIn(essential(server.acr.pwd), { at: 'bound', isBound: true });
      const { status, steps } = await client.request(api, 'transfer', { mode: 'essential' });
      assert.equal(steps.length, 1);
      const { acr, cnf } = claimsOf(client.tokens.accessToken);
      assert.equal(cnf.jkt, client.binding.jkt);
      return `under ${steps[0].challenge.scheme}, acr ${acr}, ${status}`;
    },
  },
  {
    id: 'bound token with nonces',
    asks: 'an API that requires nonces of its own',
    expected: '200, 200',
    needs: 'bound',
    async play({ signedIn, accepting }) {
      const api = await accepting({ nonces: 'required' });
      const client = await signedIn({}, { at: 'bound', isBound: true });
      const call = () => callBound(client, client.binding, `${api.url}/accounts`, client.tokens.accessToken);
      return `${(await call()).status}, ${(await call()).status}`;
    },
  },
  {
    id: 'bound opaque token',
    asks: 'an opaque token that introspection says is bound, with a proof and without',
    expected: '200, 401 invalid_token',
    needs: 'boundThin',
    async play({ signedIn, accepting }) {
      const api = await accepting(undefined, 'thin');
      const client = await signedIn({}, { at: 'boundThin', isBound: true });
      const { accessToken } = client.tokens;
      const { status } = await callBound(client, client.binding, `${api.url}/accounts`, accessToken);
      const bearer = await api.send('accounts', accessToken);
      return `${status}, ${bearer.status} ${bearer.error}`;
    },
  },
];
