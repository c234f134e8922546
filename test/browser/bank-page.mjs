import assert from 'node:assert/strict';

const PASSWORDS = { ada: 'lovelace', bob: 'builder' };

/** The bank's page and the pages of the authorization server, as a user goes through them. Waits for states alone. */
export class BankPage {
  #shots = 0;

  constructor(page, sample, shotPrefix) {
    this.page = page;
    this.sample = sample;
    this.shotPrefix = shotPrefix;
  }

  async goto(origin = this.sample.bank) {
    await this.page.goto(origin);
  }

  /** Waits for the page to be in this state, and takes a picture of it. */
  async is(state) {
    await this.page.waitForSelector(`body[data-state="${state}"]`);
    await this.shot(state);
  }

  /** The state that the page takes next, be it the one it is in. */
  nextState() {
    return this.page.evaluate(
      () =>
        new Promise((resolve) => {
          const changed = () => resolve(document.body.dataset.state);
          new MutationObserver(changed).observe(document.body, { attributeFilter: ['data-state'] });
        }),
    );
  }

  async shot(name) {
    this.#shots += 1;
    const number = String(this.#shots).padStart(2, '0');
    await this.page.screenshot({ path: `${this.shotPrefix}-${number}-${name}.png`, fullPage: true });
  }

  press(name) {
    return this.page.getByRole('button', { name, exact: true }).click();
  }

  async signIn(user) {
    await this.goto();
    await this.is('signed-out');
    await this.press('Sign in');
    await this.page.fill('[name=name]', user);
    await this.page.fill('[name=password]', PASSWORDS[user]);
    await this.confirm();
    await this.is('signed-in');
  }

  /** @param way `HTTP`, `GraphQL` or `WebSocket`. Default is the one that is chosen */
  async transfer(amount, way) {
    if (way !== undefined) await this.page.getByRole('radio', { name: way, exact: true }).check();
    await this.page.fill('#amount', amount);
    await this.press('Transfer');
  }

  /** The first button of a page of the authorization server: other buttons and the headings share its name. */
  confirm() {
    return this.page.click('button[value=continue]');
  }

  async enterCode() {
    await this.page.fill('[name=code]', await this.page.textContent('[data-demo-code]'));
    await this.confirm();
  }

  async usePasskey(title) {
    await this.page.getByRole('heading', { name: title, exact: true }).waitFor();
    await this.shot(title.toLowerCase().replaceAll(' ', '-'));
    await this.confirm();
  }

  /** Waits for the notice with this title. */
  async says(title) {
    await this.page.locator('#notice-title', { hasText: title }).waitFor();
  }

  async hasTransferred() {
    await this.says('Transferred');
    await this.is('signed-in');
  }

  /** The balances shown, in the order of the accounts. */
  balances() {
    return this.page.locator('#accounts strong').allTextContents();
  }

  /** The statuses of the six steps in the inspector. */
  steps() {
    return this.page.locator('#steps > li').evaluateAll((items) => items.map((item) => item.dataset.status));
  }

  /** Loads the page again, with a session that is still there, and compares what is in the accounts. */
  async assertBalances(expected) {
    await this.page.reload();
    await this.page.waitForSelector('#accounts li');
    assert.deepEqual(await this.balances(), expected);
  }
}
