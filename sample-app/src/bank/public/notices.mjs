// What the page says, for each way a transfer or a sign-in can go.
import { formatCents } from './money.mjs';
import { demandOf } from './narration.mjs';

const sum = ({ from, to, amount }) => `${formatCents(amount)} from ${from} to ${to}`;

export const notices = {
  challenged: (order, { acrValues, maxAge }) => ({
    kind: 'challenge',
    title:
      acrValues?.includes('phr') && acrValues.length === 1 ? 'This takes a passkey' : 'Please confirm that it is you',
    text:
      `For ${sum(order)} the bank wants ${demandOf({ acr_values: acrValues?.join(' '), max_age: maxAge })}. ` +
      'The authorization server will ask you for what is missing. Nothing has been transferred yet.',
  }),
  waiting: (order) => ({
    kind: 'waiting',
    title: 'The authorization server is waiting for you',
    text: `Nothing has been transferred. Confirm there, and ${sum(order)} is shown to you once more before it is sent.`,
  }),
  unfinished: (order) => ({
    kind: 'waiting',
    title: 'You have not finished confirming',
    text: `Nothing was transferred, and you are signed in as before. Send it again to be asked again: ${sum(order)}.`,
  }),
  satisfied: (order) => ({
    kind: 'success',
    title: 'Thank you, that is enough',
    text: `Nothing has been transferred yet. Look at it once more and send it: ${sum(order)}.`,
  }),
  declined: (order) => ({
    kind: 'info',
    title: 'You have not confirmed',
    text: `That is fine: nothing was transferred, and you are signed in as before. The form still has ${sum(order)}.`,
  }),
  impossible: () => ({
    kind: 'problem',
    title: 'You cannot confirm this here',
    text:
      'The authorization server says that it cannot sign you in the way this transfer needs. Trying again would not ' +
      'help; what it takes has to be set up there first. Nothing was transferred, and all else works as before.',
  }),
  notSatisfied: () => ({
    kind: 'problem',
    title: 'That was not what the bank asked for',
    text:
      'You have just signed in again, but not in the way this transfer needs. Asking you once more would go round in ' +
      'circles, so this stops here. Nothing was transferred.',
  }),
  tooOften: () => ({
    kind: 'problem',
    title: 'Too many questions in a minute',
    text: 'The bank keeps asking you to confirm, so the page has stopped passing it on. Try again in a minute.',
  }),
  someoneElse: () => ({
    kind: 'problem',
    title: 'Somebody else has signed in',
    text: 'The transfer was begun by another customer, so it is not carried on.',
  }),
  renewed: (order) => ({
    kind: 'info',
    title: 'You were away for a while',
    text: `Nothing was transferred. Please send it again: ${sum(order)}.`,
  }),
  done: ({ amount, from, to, balance }) => ({
    kind: 'success',
    title: 'Transferred',
    text: `${sum({ amount, from, to })}. ${formatCents(balance)} are left.`,
  }),
  signInDeclined: () => ({ kind: 'info', title: 'You have not signed in', text: 'Whenever you like.' }),
  serverDown: () => ({
    kind: 'problem',
    title: 'The authorization server cannot help now',
    text: 'It cannot be reached, or it answered in a way this page does not understand. Nothing was transferred. A session that you have goes on.',
  }),
  unreachable: () => ({
    kind: 'problem',
    title: 'The bank cannot be reached',
    text: 'Whether your request arrived is not known. Look at your accounts before you send it again.',
  }),
  refused: ({ error_description }) => ({
    kind: 'problem',
    title: 'The bank has not done this',
    text: `${error_description}${/[.!?]$/.test(error_description) ? '' : '.'}`,
  }),
};
