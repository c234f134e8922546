import assert from 'node:assert/strict';
import { scenario } from './scenario.mjs';
import { virtualAuthenticator } from './virtual-authenticator.mjs';

/** Signs in, and asks for a large transfer: a one-time code is challenged first, then a passkey. */
async function meetBothChallenges(bank) {
  await bank.signIn('ada');
  await bank.transfer('1500');
  await bank.is('challenged');
  await bank.press('Continue');
  await bank.enterCode();
  await bank.is('satisfied');
  await bank.press('Transfer now');
  await bank.says('This takes a passkey');
  await bank.is('challenged');
  await bank.press('Continue');
  await bank.enterCode();
  await createAndUsePasskey(bank);
  await bank.is('satisfied');
}

async function createAndUsePasskey(bank) {
  await bank.usePasskey('Create a passkey');
  await bank.usePasskey('Use a passkey');
}

scenario('a large transfer takes a passkey, in a second round', async ({ bank, context }) => {
  const { credentials } = await virtualAuthenticator(context, bank.page);
  await meetBothChallenges(bank);
  assert.equal(await bank.page.textContent('#acr-after'), 'phr');
  await bank.press('Transfer now');
  await bank.hasTransferred();
  const [{ rpId }] = await credentials();
  assert.equal(rpId, 'localhost');
});

scenario('a lost passkey is replaced, after a one-time code', async ({ bank, context, sample }) => {
  const { credentials, lose } = await virtualAuthenticator(context, bank.page);
  /** As a client that needs a passkey, without the bank in between: codes are few in half a minute. */
  const signIn = async () => {
    const url = new URL('/auth', sample.issuer);
    url.search = new URLSearchParams({
      client_id: 'bank-page',
      response_type: 'code',
      redirect_uri: `${sample.bank}/`,
      scope: 'openid bank',
      acr_values: 'phr',
      max_age: '0',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    await bank.page.goto(url.href);
    if (await bank.page.locator('[name=name]').isEditable()) await bank.page.fill('[name=name]', 'ada');
    await bank.page.fill('[name=password]', 'lovelace');
    await bank.confirm();
  };

  await signIn();
  await bank.enterCode();
  await createAndUsePasskey(bank);
  await bank.page.waitForURL(`${sample.bank}/**`);
  const [before] = await credentials();

  await lose();
  await signIn();
  await bank.usePasskey('Use a passkey');
  await bank.page.getByText('this device has no such passkey').waitFor();
  await bank.press('Create another one here');
  await bank.enterCode();
  await createAndUsePasskey(bank);
  await bank.page.waitForURL(`${sample.bank}/**`);
  const [after] = await credentials();
  assert.notEqual(after.credentialId, before.credentialId);
});

scenario('localhost does as well, passkeys included', async ({ bank, sample, context }) => {
  const { credentials } = await virtualAuthenticator(context, bank.page);
  await bank.goto(sample.bank.replace('127.0.0.1', 'localhost'));
  await bank.is('signed-out');
  assert.equal(new URL(bank.page.url()).origin, sample.bank);
  await meetBothChallenges(bank);
  assert.deepEqual(
    (await credentials()).map(({ rpId }) => rpId),
    ['localhost'],
  );
});
