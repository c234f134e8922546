// Tokens that are bound to a key of the client, by DPoP.
import { claimsOf, told } from './playing.mjs';

export default [
  {
    id: 'bound token',
    asks: 'a token of mfa that DPoP binds to a key, with a proof of that key, where mfa is required',
    expected: 'bound to the key, 200',
    needs: 'dpop',
    async play({ accepting, signedInWithMfa }) {
      const client = await signedInWithMfa({ isBound: true });
      const { jkt } = claimsOf(client.tokens.accessToken).cnf ?? {};
      const isBound = jkt === (await client.dpop.calculateThumbprint());
      const { status } = await client.sendBound(await accepting('accepted'), 'transfer');
      return `${isBound ? 'bound to the key' : 'not bound'}, ${status}`;
    },
  },
  {
    id: 'bound token, another key',
    asks: 'the same with a proof of another key',
    expected: '401 invalid_token',
    needs: 'dpop',
    async play({ accepting, signedInWithMfa }) {
      const client = await signedInWithMfa({ isBound: true });
      return refusal(await client.sendBound(await accepting('accepted'), 'transfer', { byAnotherKey: true }));
    },
  },
  {
    id: 'bound token, replayed',
    asks: 'the same request with the same proof a second time',
    expected: '200, then 401 invalid_dpop_proof',
    needs: 'dpop',
    async play({ accepting, signedInWithMfa }) {
      const client = await signedInWithMfa({ isBound: true });
      const first = await client.sendBound(await accepting('accepted'), 'transfer');
      return `${first.status}, then ${refusal(await first.again())}`;
    },
  },
  {
    id: 'bound token, weak acr',
    asks: 'such a token of a password alone, where mfa is required, then step-up with the same key',
    expected: '401 insufficient_user_authentication by DPoP, code asked, 200',
    needs: 'dpop',
    async play({ accepting, signedIn, stepUp }) {
      const api = await accepting('accepted');
      const client = await signedIn({}, { isBound: true });
      const weak = await client.sendBound(api, 'transfer');
      await stepUp(client);
      const { status } = await client.sendBound(api, 'transfer');
      return `${refusal(weak)} by ${weak.scheme === 'dpop' ? 'DPoP' : weak.scheme}, ${told(client.asked)}, ${status}`;
    },
  },
  {
    id: 'bound token as bearer token',
    asks: 'a bound token in the scheme Bearer: at an API that takes bound tokens, and at one that does not',
    expected: '401 invalid_token, then 401 invalid_token',
    needs: 'dpop',
    async play({ api, accepting, signedInWithMfa }) {
      const { tokens } = await signedInWithMfa({ isBound: true });
      const apis = [await accepting('accepted'), api];
      const answers = [];
      for (const one of apis) answers.push(refusal(await one.send('accounts', tokens.accessToken)));
      return answers.join(', then ');
    },
  },
];

function refusal({ status, error }) {
  return `${status} ${error ?? 'accepted'}`;
}
