// The login and the consent application that Hydra leaves to its users. They are honest: `acr` says what was asked
// on the way, and `auth_time` is when the password was given. Hydra tells that time to neither of them, so the login
// application remembers it for each of Hydra's sessions, and hands it on in `context`.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { isOneTimeCode } from '../one-time-code.mjs';
import { ask, readForm } from '../setup/form.mjs';

const LEVELS = ['pwd', 'mfa'];

export class Applications {
  #server = createServer((request, response) => {
    this.#handle(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  /** How the user of each session of Hydra has signed in. */
  #events = new Map();
  /** Who has given a password on the way, and when, by login challenge. */
  #passwords = new Map();

  constructor(accounts, isWithoutAuthTime) {
    this.accounts = new Map(accounts.map((account) => [account.name, account]));
    this.isWithoutAuthTime = isWithoutAuthTime;
  }

  /** @returns the origin of both */
  async listen() {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Has to be told where Hydra's administration is before anybody comes. */
  serve(administration) {
    this.administration = administration;
  }

  async close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #handle(request, response) {
    const url = new URL(request.url, 'http://127.0.0.1');
    const form = request.method === 'POST' ? await readForm(request) : new URLSearchParams();
    const challenge = (kind) => url.searchParams.get(`${kind}_challenge`);
    if (url.pathname === '/login') return await this.#login(challenge('login'), form, response);
    if (url.pathname === '/consent') return await this.#consent(challenge('consent'), response);
    // what Hydra tells of an error that it does not send to the client
    response.writeHead(400).end(url.searchParams.get('error_description') ?? 'no such page');
  }

  async #login(challenge, form, response) {
    const {
      skip,
      subject,
      session_id: session,
      request_url: requested,
      oidc_context: context,
    } = await this.#admin('GET', 'login', challenge);
    // a session that Hydra remembers: no new password, but perhaps a code
    let event = skip ? this.#events.get(session) : this.#passwords.get(challenge);
    if (event === undefined) {
      const account = this.accounts.get(form.get('name') ?? '');
      if (account === undefined || account.password !== form.get('password'))
        return ask(response, ['name', 'password']);
      event = { subject: account.name, acr: 'pwd', amr: ['pwd'], authTime: Math.floor(Date.now() / 1_000) };
      this.#passwords.set(challenge, event);
    }
    const wanted = (context?.acr_values ?? []).find((acr) => LEVELS.includes(acr)) ?? 'pwd';
    const { otpSecret } = this.accounts.get(event.subject);
    if (wanted === 'mfa' && event.acr !== 'mfa' && otpSecret !== undefined) {
      if (new URL(requested).searchParams.get('prompt') === 'none') return this.#reject(challenge, response);
      if (!isOneTimeCode(form.get('code'), otpSecret)) return ask(response, ['code']);
      event = { ...event, acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] };
    }
    this.#passwords.delete(challenge);
    this.#events.set(session, event);
    const { acr, amr, authTime } = event;
    const accepted = { subject: skip ? subject : event.subject, remember: true, remember_for: 3_600, acr, amr };
    await this.#accept('login', challenge, { ...accepted, context: { auth_time: authTime } }, response);
  }

  async #reject(challenge, response) {
    const body = { error: 'login_required', error_description: 'a one-time code is needed' };
    const { redirect_to: location } = await this.#admin('PUT', 'login', challenge, body, '/reject');
    response.writeHead(303, { location }).end();
  }

  async #consent(challenge, response) {
    const request = await this.#admin('GET', 'consent', challenge);
    const { acr, amr, client, context, requested_scope: scope, requested_access_token_audience: audience } = request;
    const event = this.isWithoutAuthTime(client.client_id) ? { acr } : { acr, amr, auth_time: context.auth_time };
    const granted = { grant_scope: scope, grant_access_token_audience: audience, session: { access_token: event } };
    await this.#accept('consent', challenge, granted, response);
  }

  async #accept(kind, challenge, body, response) {
    const { redirect_to: location } = await this.#admin('PUT', kind, challenge, body, '/accept');
    response.writeHead(303, { location }).end();
  }

  async #admin(method, kind, challenge, body, action = '') {
    const url = new URL(`/admin/oauth2/auth/requests/${kind}${action}`, this.administration);
    url.searchParams.set(`${kind}_challenge`, challenge);
    const response = await fetch(url, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!response.ok) throw new Error(`Hydra answers ${response.status} to ${method} ${url.pathname}`);
    return await response.json();
  }
}
