// Puts things on the page. Everything that comes from outside is set as text.
import { amountProblem, formatCents, parseCents, typedCents } from './money.mjs';

const PAYEES = ['ada-everyday', 'ada-savings', 'bob-everyday'];
/** Cents in each account of the customer. */
let balances = new Map();
const element = (id) => document.getElementById(id);

export const view = {
  /**
   * `signed-out`, `signed-in`, `challenged`, `waiting`, `satisfied`, `not-satisfied`, `declined`, `impossible` or
   * `server-down`; `loading` until then.
   */
  set state(state) {
    document.body.dataset.state = state;
  },

  onSignIn: (listener) => element('sign-in').addEventListener('click', listener),
  onSignOut: (listener) => element('sign-out').addEventListener('click', listener),

  onTransfer(listener) {
    for (const type of ['input', 'change']) element('transfer').addEventListener(type, checkOrder);
    element('transfer').addEventListener('submit', (event) => {
      event.preventDefault();
      listener(view.readOrder());
    });
  },

  readOrder() {
    const amount = parseCents(element('amount').value);
    return {
      from: element('from').value,
      to: element('to').value,
      amount,
      way: element('transfer').elements.way.value,
    };
  },

  showOrder({ from, to, amount, way = 'http' }) {
    element('transfer').elements.way.value = way;
    element('from').value = from;
    element('to').value = to;
    element('amount').value = typedCents(amount);
    checkOrder();
  },

  clearAmount() {
    element('amount').value = '';
    checkOrder();
  },

  /** An order that is on its way does not change. */
  set isBusy(isBusy) {
    element('order').disabled = isBusy;
  },

  showSignedOut() {
    show('signed-out');
  },

  showAccounts(customer, accounts) {
    element('customer').textContent = customer;
    element('accounts').replaceChildren(...accounts.map(accountItem));
    const { value: from } = element('from');
    const { value: to } = element('to');
    const own = accounts.map(({ number }) => number);
    balances = new Map(accounts.map(({ number, balance }) => [number, balance]));
    element('from').replaceChildren(...own.map((number) => new Option(number, number)));
    element('to').replaceChildren(...PAYEES.map((number) => new Option(number, number)));
    element('from').value = own.includes(from) ? from : own[0];
    element('to').value = to !== '' ? to : PAYEES.find((number) => !own.includes(number));
    checkOrder();
    show('signed-in');
  },

  /** @param actions labels and what they do; the first is the one that is suggested */
  notice(state, { kind, title, text }, actions = {}) {
    view.state = state;
    element('notice').dataset.kind = kind;
    element('notice-title').textContent = title;
    element('notice-text').textContent = text;
    element('notice-actions').replaceChildren(...Object.entries(actions).map(actionButton));
    element('notice-actions').hidden = Object.keys(actions).length === 0;
    element('notice').hidden = false;
    element('notice-title').focus();
  },

  /** Shows a notice with a question; settles with the value of the choice. */
  ask(state, notice, choices) {
    return new Promise((resolve) => {
      const actions = Object.entries(choices).map(([label, value]) => [label, () => resolve(value)]);
      view.notice(state, notice, Object.fromEntries(actions));
    });
  },

  clearNotice() {
    element('notice').hidden = true;
  },
};

/** Says at the fields what the bank would refuse. The bank checks it all the same. */
function checkOrder() {
  const { from, to, amount } = view.readOrder();
  element('to').setCustomValidity(from === to ? 'Choose another account than the one it comes from.' : '');
  const typed = element('amount').value.trim();
  const problem = typed === '' ? '' : amountProblem(amount, balances.get(from));
  element('amount').setCustomValidity(problem);
  element('amount').setAttribute('aria-invalid', String(problem !== ''));
  element('amount-problem').textContent = problem;
}

function show(part) {
  for (const id of ['loading', 'signed-out', 'signed-in']) element(id).hidden = id !== part;
  element('signed-in-as').hidden = part !== 'signed-in';
}

function accountItem({ number, name, balance }) {
  const item = document.createElement('li');
  const [title, amount, small] = ['span', 'strong', 'small'].map((tag) => document.createElement(tag));
  title.textContent = name;
  amount.textContent = formatCents(balance);
  small.textContent = number;
  item.append(title, amount, small);
  return item;
}

function actionButton([label, act], index) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = label;
  if (index > 0) button.className = 'secondary';
  button.addEventListener('click', act);
  return button;
}
