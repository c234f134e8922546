import { Html, html } from '../shared/html.js';
import type { Ceremony } from './passkeys.js';

/** A page and the headers it is sent with. */
export interface Page {
  readonly html: string;
  /**
   * @param formTarget where a redirect may lead after the page's form, besides this server
   */
  readonly headers: (formTarget?: string) => Record<string, string>;
}

/** Asks for the password. `accountName` is given if a user is signed in already and has to do so again. */
export function passwordPage(given: { accountName?: string; suggestion?: string; alert?: string }): Page {
  const { accountName, suggestion = '', alert } = given;
  return page(
    accountName === undefined ? 'Sign in' : 'Sign in again',
    html`${alertBox(alert)}
      ${
        accountName === undefined
          ? html`<p>The bank has sent you here to sign in.</p>`
          : html`<p>Your last sign-in is too long ago for what you are about to do.</p>`
      }
      <form method="post">
        <label>Name
          <input name="name" value="${accountName ?? suggestion}" autocomplete="username" autocapitalize="none" required
            ${accountName === undefined ? html`autofocus` : html`readonly`}></label>
        <label>Password
          <input name="password" type="password" autocomplete="current-password" required
            ${accountName !== undefined && html`autofocus`}></label>
        ${buttons('Sign in')}
      </form>
      <aside><p><strong>Demo.</strong> <code>ada</code>, password <code>lovelace</code>, has a second factor.
        <code>bob</code>, password <code>builder</code>, has none.</p></aside>`,
  );
}

/** What a one-time code is asked for. */
const CODE_PURPOSES = {
  sign_in: 'What you are about to do needs a second factor as well.',
  create_passkey:
    'What you are about to do needs a passkey, and you have none yet. You can create one once a code has shown that it is you.',
  replace_passkey:
    'You can create another passkey once a code has shown that it is you. The one that you had is then good for nothing.',
};

/** Asks for a one-time code, and shows it, as no phone is paired with this demo. */
export function codePage({
  accountName,
  demoCode,
  purpose,
  alert,
}: {
  accountName: string;
  demoCode?: string;
  purpose: keyof typeof CODE_PURPOSES;
  alert?: string;
}): Page {
  return page(
    'Enter your code',
    html`${alertBox(alert)}
      <p>You are signed in as <strong>${accountName}</strong>. ${CODE_PURPOSES[purpose]}</p>
      <form method="post">
        <label>Six-digit code
          <input name="code" inputmode="numeric" pattern="[0-9]{6}" maxlength="6" autocomplete="one-time-code" required
            autofocus></label>
        ${buttons('Verify')}
      </form>
      <aside>${
        demoCode === undefined
          ? html`<p><strong>Demo.</strong> A code counts once, and yours are used. Reload this page in half a minute for
              the next.</p>`
          : html`<p><strong>Demo.</strong> Your phone would show this code now:
              <output data-demo-code>${demoCode}</output></p>`
      }</aside>`,
  );
}

/** Asks to create a passkey, or to use one. The page's script takes it from there. */
export function passkeyPage({
  accountName,
  ceremony,
  notice,
  alert,
}: {
  accountName: string;
  ceremony: Ceremony;
  notice?: string;
  alert?: string;
}): Page {
  const label = ceremony === 'create' ? 'Create a passkey' : 'Use a passkey';
  return page(
    label,
    html`${notice !== undefined && html`<p class="notice" role="status">${notice}</p>`}
      <p class="alert" role="alert" data-alert>${alert}</p>
      <p>You are signed in as <strong>${accountName}</strong>. ${
        ceremony === 'create'
          ? 'Your password and your code have shown that it is you, so you can create a passkey now.'
          : 'What you are about to do needs your passkey.'
      } Your device will ask for your fingerprint, your face or its PIN.</p>
      <form method="post" data-passkey>
        <input type="hidden" name="passkey">
        ${buttons(label, { isFocused: true })}
      </form>
      <p class="progress" role="status" data-progress></p>
      <noscript><p class="alert">Passkeys need JavaScript, which is switched off.</p></noscript>
      <aside>${
        ceremony === 'create'
          ? html`<p><strong>Why a passkey?</strong> It works on this site only, so that no copy of the site can get it
              out of you. This demo forgets it when it stops; delete it from your device then.</p>`
          : html`<p>Is your passkey gone, or on another device?</p>
              <form method="post">
                <button name="action" value="lost" class="secondary">Create another one here</button>
              </form>`
      }</aside>`,
    ['/vendor/simplewebauthn.js', '/passkey.mjs'],
  );
}

/** Asks whether to sign out. `form` is the one that oidc-provider wants to be sent. */
export function signOutPage(form: string): Page {
  return page(
    'Sign out?',
    html`<p>You will be signed out of the bank and of this authorization server.</p>
      ${new Html(form)}
      <div class="buttons">
        <button form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
        <button form="op.logoutForm" class="secondary">Stay signed in</button>
      </div>`,
  );
}

/** Says why it does not go on. */
export function errorPage(reason: string): Page {
  return page(
    'This did not work',
    html`<p role="alert">The authorization server says: ${reason}.</p>
      <p>Go back to the application and start again from there.</p>`,
  );
}

function alertBox(alert: string | undefined): Html {
  return html`${alert !== undefined && html`<p class="alert" role="alert">${alert}</p>`}`;
}

function buttons(label: string, { isFocused = false } = {}): Html {
  return html`<div class="buttons">
    <button name="action" value="continue" ${isFocused && 'autofocus'}>${label}</button>
    <button name="action" value="cancel" class="secondary" formnovalidate>Cancel</button>
  </div>`;
}

/** @param scripts paths of what the page runs, in order. Default is none, and then none may run */
function page(title: string, content: Html, scripts: readonly string[] = []): Page {
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>${title} · Authorization server</title>
        <link rel="stylesheet" href="/palette.css">
        <link rel="stylesheet" href="/style.css">
        ${new Html(scripts.map(scriptElement).join('\n'))}
      </head>
      <body>
        <main>
          <p class="party">Authorization server</p>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>`;
  const scripting = scripts.length > 0 ? "script-src 'self'; connect-src 'self'; " : '';
  return {
    html: document.toString(),
    headers: (formTarget = '') => ({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      // browsers apply form-action to where a form's answer redirects as well
      'content-security-policy': `default-src 'none'; ${scripting}style-src 'self'; form-action 'self' ${formTarget}; base-uri 'none'; frame-ancestors 'none'`,
      'referrer-policy': 'no-referrer',
    }),
  };
}

function scriptElement(path: string): Html {
  return path.endsWith('.mjs')
    ? html`<script type="module" src="${path}"></script>`
    : html`<script src="${path}" defer></script>`;
}
