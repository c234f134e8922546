import { assertAccessible } from './axe.mjs';
import { BffPage } from './bff-page.mjs';
import { scenario } from './scenario.mjs';

const WINDOWS = [
  { colorScheme: 'light', viewport: { width: 1280, height: 720 } },
  { colorScheme: 'dark', viewport: { width: 1280, height: 720 } },
  { colorScheme: 'light', viewport: { width: 375, height: 812 } },
  { colorScheme: 'dark', viewport: { width: 375, height: 812 } },
];

for (const appearance of WINDOWS) {
  const name = `${appearance.colorScheme}, ${appearance.viewport.width} wide`;

  scenario(
    `axe finds nothing on the pages of the bank and of the authorization server: ${name}`,
    async ({ bank }) => {
      const check = (where) => assertAccessible(bank.page, where);
      await bank.goto();
      await bank.is('signed-out');
      await check('signed out');
      await bank.press('Sign in');
      await bank.page.waitForSelector('[name=password]');
      await check('password');
      await bank.page.fill('[name=name]', 'ada');
      await bank.page.fill('[name=password]', 'lovelace');
      await bank.confirm();
      await bank.is('signed-in');
      await check('signed in');
      await bank.page.fill('#amount', '0');
      await check('an amount that is refused');
      await bank.transfer('25');
      await bank.is('challenged');
      await check('challenged');
      await bank.press('Continue');
      await bank.page.waitForSelector('[name=code]');
      await check('code');
      await bank.enterCode();
      await bank.is('satisfied');
      await check('satisfied');
      await bank.press('Transfer now');
      await bank.hasTransferred();
      await check('transferred');
    },
    appearance,
  );

  scenario(
    `axe finds nothing on the pages of the BFF: ${name}`,
    async ({ bank, sample }) => {
      const bff = new BffPage(bank.page, sample, `axe-bff-${appearance.colorScheme}-${appearance.viewport.width}`);
      const check = (where) => assertAccessible(bff.page, where);
      await bff.goto();
      await check('signed out');
      await bff.signIn('ada');
      await check('accounts');
      await bff.transfer('99999');
      await bff.page.waitForSelector('#amount-problem');
      await check('an amount that is refused');
      await bff.transfer('25');
      await bff.enterCode();
      await bff.is('Confirm your transfer');
      await check('confirmation');
      await bff.press('Transfer now');
      await bff.is('Transferred');
      await check('transferred');
      await bff.goto(`${sample.bff}/transfers/none`);
      await check('a problem');
    },
    appearance,
  );
}
