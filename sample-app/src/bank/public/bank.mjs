/** The bank's API, as the page uses it. */
export class Bank {
  #fetch;

  /** @param fetch one that sends the access token and answers step-up challenges */
  constructor(fetch) {
    this.#fetch = fetch;
  }

  accounts() {
    return this.#call('/accounts');
  }

  transfer(order) {
    return this.#call('/transfers', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(order),
    });
  }

  /**
   * @returns `data`, or the bank's `error` and `error_description`
   * @throws what `stepUpFetch` rejects with
   */
  async #call(path, init) {
    const response = await this.#fetch(path, { ...init, cache: 'no-store' });
    const body = await response.json().catch(() => ({}));
    if (response.ok) return { data: body };
    const { error = 'unknown', error_description = 'The bank could not do this.' } = body;
    return { error: { error, error_description } };
  }
}
