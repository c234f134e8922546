// What the page says, for each way a transfer or a sign-in can go.
import { formatCents } from './money.mjs';

const order = ({ from, to, amount }) => `${formatCents(amount)} from ${from} to ${to}`;
const minutes = (seconds) => (seconds === 60 ? 'the last minute' : `the last ${Math.round(seconds / 60)} minutes`);

export const notices = {
  challenged: (transfer, { acr_values, max_age, reasons }) => ({
    kind: 'challenge',
    title: reasons.includes('authentication_too_old')
      ? 'Your sign-in is too long ago'
      : 'Please confirm that it is you',
    text:
      `The bank has not transferred anything yet. For ${order(transfer)} it wants ` +
      `${acr_values === undefined ? 'a sign-in' : 'a second factor'}` +
      `${max_age === undefined ? '' : `, and a sign-in of ${minutes(max_age)}`}. ` +
      'The authorization server will ask you for what is missing.',
  }),
  coming: (transfer) => ({
    kind: 'challenge',
    title: 'This takes a passkey',
    text:
      `The bank has not transferred anything. ${order(transfer)} is more than a second factor is good for: it wants a ` +
      'sign-in that nobody can phish. Passkeys are coming; today the authorization server has none to offer.',
  }),
  satisfied: (transfer) => ({
    kind: 'success',
    title: 'Thank you, that is enough',
    text: `Nothing has been transferred yet. Look at it once more and send it: ${order(transfer)}.`,
  }),
  declined: (transfer) => ({
    kind: 'info',
    title: 'You have not confirmed',
    text: `That is fine: nothing was transferred, and you are signed in as before. The form still has ${order(transfer)}.`,
  }),
  impossible: () => ({
    kind: 'problem',
    title: 'You cannot confirm this here',
    text:
      'The authorization server says that it cannot sign you in the way this transfer needs. Trying again would not ' +
      'help; what it takes has to be set up there first. Nothing was transferred, and all else works as before.',
  }),
  notEnough: () => ({
    kind: 'problem',
    title: 'That was not what the bank asked for',
    text:
      'You have just signed in again, but not in the way this transfer needs. Asking you once more would go round in ' +
      'circles, so this stops here. Nothing was transferred.',
  }),
  someoneElse: (user) => ({
    kind: 'problem',
    title: 'Somebody else has signed in',
    text: `The transfer was begun by ${user}, so it is not carried on.`,
  }),
  renewed: (transfer) => ({
    kind: 'info',
    title: 'You were away for a while',
    text: `Nothing was transferred. Please send it again: ${order(transfer)}.`,
  }),
  done: ({ amount, from, to, balance }) => ({
    kind: 'success',
    title: 'Transferred',
    text: `${order({ amount, from, to })}. ${formatCents(balance)} are left.`,
  }),
  signInDeclined: () => ({ kind: 'info', title: 'You have not signed in', text: 'Whenever you like.' }),
  failed: () => ({
    kind: 'problem',
    title: 'The authorization server could not help',
    text: 'It cannot be reached or answered in a way this page does not understand. Please try again in a moment.',
  }),
  refused: ({ error_description }) => ({
    kind: 'problem',
    title: 'The bank has not done this',
    text: `${error_description}${/[.!?]$/.test(error_description) ? '' : '.'}`,
  }),
};
