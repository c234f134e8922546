import { Html, html } from '../shared/html.js';
import type { Account } from './bank-api.js';
import { inEuros } from './money.js';
import type { Problem } from './problem.js';
import type { Transfer } from './transfer.js';

/** Who looks at a page, and the token that their forms carry. */
interface Visitor {
  readonly name: string;
  readonly csrfToken: string;
}

const PAYEES = ['bob-everyday', 'ada-everyday', 'ada-savings'];

export function welcomePage(): string {
  return page(
    'Sign in',
    html`<section>
      <h1>The same bank, without a token in the browser</h1>
      <p>This server signs you in, keeps your tokens and calls the bank for you. Your browser holds a cookie, and no
        script runs here.</p>
      <p class="buttons"><a class="button" href="/sign-in">Sign in</a></p>
    </section>`,
  );
}

export function accountsPage(visitor: Visitor, accounts: readonly Account[], notice?: string): string {
  return page(
    'Accounts',
    html`${notice !== undefined && html`<section class="notice done" role="status"><h2>Done</h2><p>${notice}</p></section>`}
    <section>
      <h1>Accounts</h1>
      <ul class="accounts">${all(
        accounts,
        ({ number, name, balance }) =>
          html`<li>${name} <small>${number}</small> <strong>${inEuros(balance)}</strong></li>`,
      )}</ul>
    </section>
    <section>
      <h2>Transfer</h2>
      <form method="post" action="/transfers">
        ${csrfField(visitor)}
        <label>From <select name="from">${all(accounts, ({ number }) => html`<option>${number}</option>`)}</select></label>
        <label>To <select name="to">${all(PAYEES, (number) => html`<option>${number}</option>`)}</select></label>
        <label>Amount in euros
          <input name="amount" inputmode="decimal" required autocomplete="off" placeholder="25.00"
            pattern="[0-9]{1,7}([.,][0-9]{2})?" title="Such as 25 or 25.00"></label>
        <p class="buttons"><button>Transfer</button></p>
      </form>
    </section>`,
    visitor,
  );
}

export function confirmPage(visitor: Visitor, id: string, { from, to, amount }: Transfer): string {
  return page(
    'Confirm your transfer',
    html`<section class="notice">
      <h1>Confirm your transfer</h1>
      <p>You have signed in as the bank asked. Nothing has been transferred yet.</p>
      <dl>
        <dt>Amount</dt><dd>${inEuros(amount)}</dd>
        <dt>From</dt><dd>${from}</dd>
        <dt>To</dt><dd>${to}</dd>
      </dl>
      <form method="post" action="/transfers/${id}">
        ${csrfField(visitor)}
        <p class="buttons"><button>Transfer ${inEuros(amount)}</button>
          <a class="button secondary" href="/">Do not transfer</a></p>
      </form>
    </section>`,
    visitor,
  );
}

export function problemPage({ title, text }: Problem, visitor?: Visitor): string {
  return page(
    title,
    html`<section class="notice problem" role="alert">
      <h1>${title}</h1>
      <p>${text}</p>
      <p class="buttons">${
        visitor === undefined
          ? html`<a class="button" href="/sign-in">Sign in</a>`
          : html`<a class="button" href="/">To your accounts</a>`
      }</p>
    </section>`,
    visitor,
  );
}

function csrfField({ csrfToken }: Visitor): Html {
  return html`<input type="hidden" name="csrf" value="${csrfToken}">`;
}

function all<T>(items: readonly T[], show: (item: T) => Html): Html {
  return new Html(items.map((item) => show(item).toString()).join(''));
}

function page(title: string, content: Html, visitor?: Visitor): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>${title} · Small Bank</title>
        <link rel="stylesheet" href="/palette.css">
        <link rel="stylesheet" href="/style.css">
      </head>
      <body>
        <header>
          <p><a class="bank" href="/">Small Bank</a> on a server</p>
          ${
            visitor !== undefined &&
            html`<form method="post" action="/sign-out">${csrfField(visitor)}
            Signed in as <strong>${visitor.name}</strong> <button class="secondary">Sign out</button></form>`
          }
        </header>
        <main>${content}</main>
        <footer><p>A demo of step-up authentication with nestjs-step-up. No money is moved anywhere.</p></footer>
      </body>
    </html>`.toString();
}
