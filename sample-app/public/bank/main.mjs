import { Authorization } from './authorization.mjs';
import { bank } from './bank.mjs';
import { session } from './journeys.mjs';
import { notices } from './notices.mjs';
import { view } from './view.mjs';

/** Requirements this demo's authorization server has no means for yet. */
const COMING = 'phr';

let authorization;
let accessToken;
let customer;
/** The challenge that the user has just answered, and when: the same again would be a circle. */
let answered;
/** Milliseconds for which an answer is fresh. Later, the same challenge has a reason of its own. */
const FRESH = 60_000;

async function start() {
  const configuration = await (await fetch('/configuration.json')).json();
  // under any other name, such as localhost, the authorization server would not know this page
  if (location.origin !== configuration.bank) return location.replace(configuration.bank);
  view.onSignIn(() => authorization.leave({}, { purpose: 'sign-in' }));
  view.onSignOut(() => {
    session.end();
    authorization.signOut();
  });
  view.onTransfer(transfer);

  try {
    authorization = await Authorization.load(configuration);
  } catch (error) {
    console.error(error);
    view.nothing();
    view.notice(notices.failed(), { actions: { 'Try again': () => location.reload() } });
    return;
  }
  const journey = await authorization.comeBack();
  if (journey !== undefined) await arrive(journey);
  else if (session.isLikely) resume({});
  else view.signedOut();
}

/** Gets a new access token from the session at the authorization server, and says afterwards what there is to say. */
function resume(journey) {
  return authorization.leave({ prompt: 'none' }, { ...journey, purpose: 'resume' });
}

/** The user is back from the authorization server. Nothing is transferred here: that takes a press of the button. */
async function arrive(journey) {
  const { purpose, error, pending, notice } = journey;
  if (error !== undefined) {
    if (purpose === 'step-up') {
      // the session is as it was, only this page's token went with the page
      const outcome = { access_denied: 'declined', unmet_authentication_requirements: 'impossible' }[error] ?? 'failed';
      return resume({ pending, notice: outcome });
    }
    session.end();
    view.signedOut();
    if (purpose === 'sign-in') view.notice(error === 'access_denied' ? notices.signInDeclined() : notices.failed());
    return;
  }

  accessToken = journey.accessToken;
  customer = journey.user.sub;
  session.begin();
  if (!(await showAccounts())) return;
  if (pending === undefined) return;
  if (pending.customer !== customer) return view.notice(notices.someoneElse(pending.customer));

  view.showTransfer(pending.transfer);
  if (purpose === 'step-up') {
    // some authorization servers take acr_values for a wish
    const { acr_values } = pending.challenge;
    if (acr_values !== undefined && !acr_values.split(' ').includes(journey.user.acr)) {
      return view.notice(notices.notEnough());
    }
    answered = { ...pending.challenge, at: Date.now() };
    view.notice(notices.satisfied(pending.transfer), { actions: { 'Transfer now': () => transfer(pending.transfer) } });
  } else view.notice(notices[notice](pending.transfer));
}

async function showAccounts() {
  const { data, problem } = await bank.accounts(accessToken);
  if (problem !== undefined) {
    view.signedOut();
    view.notice(notices.refused(problem), { said: problem.said });
    return false;
  }
  view.signedIn(customer, data.accounts);
  return true;
}

async function transfer(order) {
  view.clearNotice();
  const { data, challenge, problem } = await bank.transfer(accessToken, order);
  if (challenge !== undefined) return challenged(order, challenge);
  if (problem?.error === 'invalid_token') return resume({ pending: { customer, transfer: order }, notice: 'renewed' });
  if (problem !== undefined) return view.notice(notices.refused(problem), { said: problem.said });

  view.clearAmount();
  await showAccounts();
  view.notice(notices.done(data));
}

function challenged(order, challenge) {
  const { acr_values, max_age, said } = challenge;
  const isFresh = answered !== undefined && Date.now() - answered.at < FRESH;
  if (isFresh && answered.acr_values === acr_values && answered.max_age === max_age) {
    return view.notice(notices.notEnough(), { said });
  }
  const stepUp = () =>
    authorization.leave(
      // RFC 9470 §4: what the bank asks for goes into the request as it is; undefined members are left out
      {
        ...(acr_values !== undefined && { acr_values }),
        ...(max_age !== undefined && { max_age }),
        login_hint: customer,
      },
      { purpose: 'step-up', pending: { customer, transfer: order, challenge: { acr_values, max_age } } },
    );
  const notNow = () => view.notice(notices.declined(order));
  if (acr_values === COMING) {
    return view.notice(notices.coming(order), {
      said,
      actions: { 'Ask for it all the same': stepUp, 'Not now': notNow },
    });
  }
  view.notice(notices.challenged(order, challenge), { said, actions: { Continue: stepUp, 'Not now': notNow } });
}

start();
