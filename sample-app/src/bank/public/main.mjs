import { Authorization } from './authorization.mjs';
import { Bank } from './bank.mjs';
import { Inspector } from './inspector.mjs';
import { unfinished } from './journeys.mjs';
import { notices } from './notices.mjs';
import { session } from './session.mjs';
import { StepUps } from './step-ups.mjs';
import { view } from './view.mjs';
import { overheard } from './wire.mjs';

const configuration = await (await fetch('/configuration.json')).json();
const authorization = new Authorization(configuration);
const inspector = new Inspector();

/** How the user is asked and sent off after a challenge of the bank. */
const user = {
  order: () => view.readOrder(),
  agrees: (challenge) =>
    view.ask('challenged', notices.challenged(view.readOrder(), challenge), { Continue: true, 'Not now': false }),
  async leaves({ url }) {
    inspector.departed(url);
    do location.assign(url);
    while (await view.ask('waiting', notices.waiting(view.readOrder()), { 'Go there again': true, 'Not now': false }));
  },
};
const stepUps = new StepUps({ authorization, session, user });
const bank = new Bank({ stepUps, fetch: overheard(inspector.bank), listener: inspector.bank });

async function start() {
  view.onSignIn(() => leave({}, { purpose: 'sign-in' }).catch(serverDown));
  view.onSignOut(() => signOut().catch(serverDown));
  view.onTransfer(transfer);

  const left = unfinished('step-up');
  const journey = await authorization.comeBack();
  if (journey?.purpose === 'step-up') await steppedUp(journey);
  else if (journey !== undefined) await signedIn(journey);
  else if (session.isLikely) await resume({ order: left?.order, outcome: left && 'unfinished' });
  else signedOut();
}

async function leave(parameters, journey) {
  const { url } = await authorization.request(parameters, journey);
  location.assign(url);
}

/** Gets an access token from the session at the authorization server, and says afterwards what there is to say. */
function resume(journey) {
  return leave({ prompt: 'none' }, { ...journey, purpose: 'resume' });
}

async function signOut() {
  const url = await authorization.signOutUrl();
  session.end();
  location.assign(url);
}

function signedOut() {
  inspector.signedOut();
  view.showSignedOut();
  view.state = 'signed-out';
}

/** The user is back from signing in, or from a page load. */
async function signedIn({ purpose, tokens, error, subject, order, outcome }) {
  if (error !== undefined) {
    session.end();
    signedOut();
    if (error.error === 'access_denied') view.notice('signed-out', notices.signInDeclined());
    else if (error.error !== 'login_required') serverDown();
    return;
  }
  session.begin(tokens);
  inspector.signedIn(tokens.accessToken, { isNew: purpose === 'sign-in' });
  if (!(await showAccounts()) || order === undefined) return;
  if (subject !== undefined && subject !== session.subject) {
    return view.notice('not-satisfied', notices.someoneElse());
  }
  view.showOrder(order);
  conclude(outcome, order);
}

/** The user is back from a step-up. Nothing is transferred here: that takes a press of the button. */
async function steppedUp(journey) {
  const { outcome, stepUp } = await stepUps.comeBack(journey).catch((error) => {
    console.error(error);
    return { outcome: 'failed' };
  });
  inspector.returned(journey, outcome);
  // the new token is not kept, and the session goes on as it was: only this page's token went with the page
  if (outcome !== 'satisfied') return resume({ subject: stepUp?.subject, order: journey.order, outcome });

  session.begin(journey.tokens);
  if (!(await showAccounts())) return;
  view.showOrder(stepUp.data);
  view.notice('satisfied', notices.satisfied(stepUp.data), { 'Transfer now': () => transfer(stepUp.data) });
}

async function showAccounts() {
  const { data, error } = await bank.accounts();
  if (error !== undefined) {
    view.showSignedOut();
    view.notice('signed-out', notices.refused(error));
    return false;
  }
  view.showAccounts(session.subject, data.accounts);
  view.state = 'signed-in';
  return true;
}

async function transfer(order) {
  view.clearNotice();
  view.isBusy = true;
  try {
    const { data, error } = await bank.transfer(order);
    if (data !== undefined) await transferred(data, order);
    else if (error.error === 'insufficient_user_authentication') {
      inspector.stopped('declined');
      conclude('declined', order);
    } else if (error.error === 'invalid_token') {
      await resume({ subject: session.subject, order, outcome: 'renewed' });
    } else view.notice('signed-in', notices.refused(error));
  } catch (error) {
    failed(error, order);
  } finally {
    view.isBusy = false;
  }
}

async function transferred(receipt, { way }) {
  await stepUps.done(Bank.target(way));
  view.clearAmount();
  await showAccounts();
  view.notice('signed-in', notices.done(receipt));
}

/** Shows how a step-up has ended. */
function conclude(outcome, order) {
  switch (outcome) {
    case 'renewed':
      return view.notice('signed-in', notices.renewed(order));
    case 'unfinished':
      inspector.stopped('waiting');
      return view.notice('waiting', notices.unfinished(order));
    case 'declined':
      return view.notice('declined', notices.declined(order));
    case 'impossible':
      return view.notice('impossible', notices.impossible());
    case 'failed':
      return view.notice('server-down', notices.serverDown(), { 'Try again': () => transfer(order) });
    default:
      return view.notice('not-satisfied', notices.notSatisfied());
  }
}

/** Shows why a transfer could not be carried on: errors of the client library are told apart by their code. */
function failed(error, order) {
  switch (error.code) {
    case 'ERR_STEP_UP_LOOP':
      inspector.stopped('not-satisfied');
      return conclude('not-satisfied', order);
    case 'ERR_STEP_UP_REFUSED_BY_POLICY':
      inspector.stopped('declined');
      return view.notice('signed-in', notices.tooOften());
    case 'ERR_STEP_UP_TIMEOUT':
      inspector.stopped('declined');
      return conclude('declined', order);
    case 'ERR_STEP_UP_FAILED':
      return failed(error.cause, order);
    case 'AUTHORIZATION_SERVER_DOWN':
      inspector.stopped('failed');
      return conclude('failed', order);
    default:
      console.error(error);
      return view.notice('signed-in', notices.unreachable());
  }
}

function serverDown(error) {
  if (error !== undefined) console.error(error);
  if (session.accessToken === undefined) view.showSignedOut();
  view.notice('server-down', notices.serverDown(), { 'Try again': () => location.reload() });
}

await start().catch(serverDown);
