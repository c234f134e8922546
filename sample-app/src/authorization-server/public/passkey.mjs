// Creates or uses a passkey when the form is sent, and sends the form with what the browser made of it.
const { browserSupportsWebAuthn, startAuthentication, startRegistration } = globalThis.SimpleWebAuthnBrowser;

const form = document.querySelector('[data-passkey]');
const alert = document.querySelector('[data-alert]');
const progress = document.querySelector('[data-progress]');
const [proceed] = form.querySelectorAll('button');

const REASONS = {
  // browsers do not tell these apart, so that a page does not learn what is on the device
  NotAllowedError:
    'It was cancelled or took too long, or this device has no such passkey or cannot check that it is you. You can try again.',
  AbortError: 'It was cancelled. You can try again.',
  ConstraintError: 'This device cannot check that it is you: set up a PIN, a fingerprint or your face first.',
  NotSupportedError: 'This device does not know the kind of passkey that is needed here.',
  InvalidStateError: 'There is a passkey for this account on this device already.',
  SecurityError: 'Browsers allow passkeys only under the name that this server is known by.',
};

class Refused extends Error {}

async function ceremony() {
  const response = await fetch(`${location.pathname}/passkey-options`, { method: 'POST' });
  if (!response.ok) throw new Refused('The sign-in has expired. Cancel, and start again from the application.');
  const { ceremony, options } = await response.json();
  return ceremony === 'create'
    ? startRegistration({ optionsJSON: options })
    : startAuthentication({ optionsJSON: options });
}

function explain(error) {
  if (error instanceof Refused) return error.message;
  // fetch reports a server that does not answer as a TypeError
  if (error instanceof TypeError) return 'The authorization server cannot be reached. You can try again.';
  return REASONS[error.cause?.name ?? error.name] ?? 'The passkey could not be used. You can try again.';
}

function setBusy(isBusy) {
  form.setAttribute('aria-busy', String(isBusy));
  // not disabled, so that it keeps the focus
  proceed.setAttribute('aria-disabled', String(isBusy));
  progress.textContent = isBusy ? 'Waiting for your device…' : '';
}

form.addEventListener('submit', async (event) => {
  if (event.submitter?.value === 'cancel') return;
  event.preventDefault();
  if (proceed.getAttribute('aria-disabled') === 'true') return;
  alert.textContent = '';
  setBusy(true);
  try {
    form.elements.passkey.value = JSON.stringify(await ceremony());
    form.submit();
  } catch (error) {
    setBusy(false);
    alert.textContent = explain(error);
    proceed.focus();
  }
});

// a page taken out of the browser's history is as it was left
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) setBusy(false);
});

if (!browserSupportsWebAuthn()) {
  alert.textContent = 'This browser knows no passkeys, or does not allow them here. Cancel, and use another one.';
  proceed.setAttribute('aria-disabled', 'true');
}
