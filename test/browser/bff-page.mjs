import { join } from 'node:path';
import { SCREENSHOTS } from './screenshots.mjs';

const PASSWORDS = { ada: 'lovelace', bob: 'builder' };

/** The pages of the application on a server, and of the authorization server, as a user goes through them. */
export class BffPage {
  constructor(page, sample, name) {
    this.page = page;
    this.sample = sample;
    this.name = name;
  }

  async goto(origin = this.sample.bff) {
    await this.page.goto(origin);
  }

  heading(name) {
    return this.page.getByRole('heading', { name, exact: true });
  }

  /** Waits for the page with this heading, and takes a picture of it. */
  async is(heading) {
    await this.heading(heading).waitFor();
    const path = join(SCREENSHOTS, `${this.name}-${heading.toLowerCase().replaceAll(' ', '-')}.png`);
    await this.page.screenshot({ path, fullPage: true });
  }

  press(name) {
    return this.page.getByRole('button', { name, exact: true }).click();
  }

  async signIn(user, origin) {
    await this.goto(origin);
    await this.page.getByRole('link', { name: 'Sign in', exact: true }).click();
    await this.page.fill('[name=name]', user);
    await this.page.fill('[name=password]', PASSWORDS[user]);
    await this.confirm();
    await this.is('Accounts');
  }

  async transfer(amount) {
    await this.page.fill('#amount', amount);
    await this.press('Transfer');
  }

  confirm() {
    return this.page.click('button[value=continue]');
  }

  async enterCode() {
    await this.page.fill('[name=code]', await this.page.textContent('[data-demo-code]'));
    await this.confirm();
  }

  balances() {
    return this.page.locator('#accounts strong').allTextContents();
  }

  steps() {
    return this.page.locator('#steps > li').evaluateAll((items) => items.map((item) => item.dataset.status));
  }
}
