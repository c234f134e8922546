import { type Html, html } from '../shared/html.js';
import type { Account } from './bank-api.js';
import { all } from './html-list.js';
import { inspectorView } from './inspector/inspector-view.js';
import { formatCents } from './money.js';
import type { Problem } from './problem.js';
import type { FieldProblem, Transfer } from './transfer.js';
import type { Visitor } from './visitor.js';

const PAYEES = ['ada-everyday', 'ada-savings', 'bob-everyday'];

/** What the page with the accounts says besides. */
interface Said {
  /** What was done. */
  readonly notice?: string;
  /** The form as it was sent, and what is wrong with it. */
  readonly form?: Readonly<Record<string, unknown>>;
  readonly problem?: FieldProblem;
}

export function welcomePage(): string {
  return page(
    'Sign in',
    html`<section>
      <h1>The same bank, without a token in the browser</h1>
      <p>This server signs you in, keeps your tokens and calls the bank for you. Your browser holds a cookie, and no
        script runs here. What the server does for you is shown:
        <a href="https://www.rfc-editor.org/rfc/rfc9470.html">RFC 9470</a> between three servers.</p>
      <p class="buttons"><a class="button" href="/sign-in">Sign in</a></p>
      <dl class="demo">
        <dt><code>ada</code> · <code>lovelace</code></dt>
        <dd>has a second factor, and can create a passkey</dd>
        <dt><code>bob</code> · <code>builder</code></dt>
        <dd>has a password only: he cannot reach what a transfer needs</dd>
      </dl>
    </section>`,
  );
}

export function accountsPage(visitor: Visitor, accounts: readonly Account[], said: Said = {}): string {
  const { notice } = said;
  return page(
    'Accounts',
    html`${notice !== undefined && noticeOf('success', html`<h2>Transferred</h2><p>${notice}</p>`)}
    <section>
      <h1>Accounts</h1>
      <ul id="accounts">${all(
        accounts,
        ({ number, name, balance }) =>
          html`<li><span>${name}</span><strong>${formatCents(balance)}</strong><small>${number}</small></li>`,
      )}</ul>
    </section>
    <section>
      <h2>Transfer</h2>
      ${transferForm(visitor, accounts, said)}
    </section>`,
    visitor,
  );
}

function transferForm(visitor: Visitor, accounts: readonly Account[], { form = {}, problem }: Said): Html {
  const own = accounts.map(({ number }) => number);
  const from = typeof form['from'] === 'string' ? form['from'] : own[0];
  const to = typeof form['to'] === 'string' ? form['to'] : PAYEES.find((number) => !own.includes(number));
  const amount = typeof form['amount'] === 'string' ? form['amount'].slice(0, 20) : '';
  const problemOf = (field: keyof Transfer) => (problem?.field === field ? problem.text : undefined);
  const choice = (name: 'from' | 'to', numbers: readonly string[], chosen: string | undefined) =>
    html`<select name="${name}" ${invalid(name, problemOf(name))}>${all(
      numbers,
      (number) => html`<option ${number === chosen && 'selected'}>${number}</option>`,
    )}</select>`;
  return html`<form method="post" action="/transfers">
    ${csrfField(visitor)}
    <div id="order">
      <label>From ${choice('from', own, from)}</label>
      <label>To ${choice('to', PAYEES, to)}</label>
      ${fieldProblem('from', problemOf('from'))} ${fieldProblem('to', problemOf('to'))}
      <label>Amount in euros
        <input id="amount" name="amount" value="${amount}" inputmode="decimal" required autocomplete="off"
          placeholder="25.00" pattern="(?![0.,]+$)[0-9]{1,7}([.,][0-9]{2})?" title="Euros such as 25 or 25.00, at least 0.01"
          ${invalid('amount', problemOf('amount'))}></label>
      ${fieldProblem('amount', problemOf('amount'))}
      <p class="hint">Up to 1000.00 takes a second factor; more takes a passkey.</p>
      <p class="buttons"><button>Transfer</button></p>
    </div>
  </form>`;
}

function invalid(field: string, problem: string | undefined): Html | undefined {
  return problem === undefined ? undefined : html`aria-invalid="true" autofocus aria-describedby="${field}-problem"`;
}

function fieldProblem(field: string, problem: string | undefined): Html | undefined {
  return problem === undefined
    ? undefined
    : html`<p id="${field}-problem" class="field-problem" role="alert">${problem}</p>`;
}

export function confirmPage(visitor: Visitor, id: string, { from, to, amount }: Transfer): string {
  return page(
    'Confirm your transfer',
    noticeOf(
      'success',
      html`<h1>Confirm your transfer</h1>
      <p>Thank you, that is enough. Nothing has been transferred yet. Look at it once more and send it.</p>
      <dl class="order">
        <dt>Amount</dt><dd>${formatCents(amount)}</dd>
        <dt>From</dt><dd>${from}</dd>
        <dt>To</dt><dd>${to}</dd>
      </dl>
      <form method="post" action="/transfers/${id}">
        ${csrfField(visitor)}
        <p class="buttons"><button>Transfer now</button>
          <a class="button secondary" href="/">Do not transfer</a></p>
      </form>`,
    ),
    visitor,
  );
}

export function problemPage({ title, text }: Problem, visitor?: Visitor): string {
  return page(
    title,
    noticeOf(
      'problem',
      html`<h1>${title}</h1>
      <p>${text}</p>
      <p class="buttons">${
        visitor === undefined
          ? html`<a class="button" href="/sign-in">Sign in</a>`
          : html`<a class="button" href="/">To your accounts</a>`
      }</p>`,
    ),
    visitor,
  );
}

function noticeOf(kind: 'success' | 'problem', content: Html): Html {
  return html`<section id="notice" data-kind="${kind}" role="${kind === 'problem' ? 'alert' : 'status'}">${content}</section>`;
}

function csrfField({ csrfToken }: Visitor): Html {
  return html`<input type="hidden" name="csrf" value="${csrfToken}">`;
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
        <link rel="stylesheet" href="/inspector.css">
        <link rel="icon" href="/icon.svg" type="image/svg+xml">
      </head>
      <body>
        <header>
          <p class="bank"><img src="/icon.svg" alt="" width="28" height="28"> Small Bank</p>
          <nav aria-label="Where the tokens are">
            <a href="/in-the-browser">Tokens in the browser</a>
            <a href="/" aria-current="page">on a server</a>
          </nav>
          ${
            visitor !== undefined &&
            html`<form method="post" action="/sign-out">${csrfField(visitor)}
            <span>Signed in as <strong>${visitor.name}</strong></span>
            <button class="quiet">Sign out</button></form>`
          }
        </header>
        <main>${content}</main>
        ${inspectorView(visitor?.flow)}
        <footer><p>A demo of step-up authentication with nestjs-step-up. No money is moved anywhere.</p></footer>
      </body>
    </html>`.toString();
}
