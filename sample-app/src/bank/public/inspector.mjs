// Shows what goes over the wire, and why. The page works the same without it.
import { durationOf, readAuthenticationEvent } from './authentication-event.mjs';
import { Flow } from './flow.mjs';
import { isReceived, navigationText } from './http-message.mjs';
import { lines, STEPS } from './narration.mjs';
import { refusalIn } from './refusal.mjs';
import { arrow } from './sequence.mjs';

const STATUS = { ahead: 'to come', now: 'now', done: 'done', stopped: 'stopped here', skipped: 'not needed' };
/** What the messages are about. */
const TELLING =
  /"?\b(?:acr_values|max_age|acr|auth_time)"?[=:] ?(?:"[^"]*"|[^\n,&]+)|insufficient_user_authentication|unmet_authentication_requirements|access_denied/g;

/** The ways of a transfer that go over HTTP. */
const WAYS = { '/transfers': 'http', '/graphql': 'graphql' };

/** Pixels that a line of a message takes, and some air. */
const LINE = 32;

const element = (id) => document.getElementById(id);

export class Inspector {
  #flow = Flow.load();

  constructor() {
    element('steps').replaceChildren(...STEPS.map(stepItem));
    element('inspector-toggle').addEventListener('click', ({ currentTarget }) => {
      const isOpen = currentTarget.getAttribute('aria-expanded') === 'true';
      currentTarget.setAttribute('aria-expanded', String(!isOpen));
      element('inspector').classList.toggle('open', !isOpen);
    });
    this.#render();
  }

  /** Hears what passes between the page and the bank. */
  bank = {
    sent: (texts, { url, way = WAYS[url.pathname] }) => {
      if (way !== undefined) this.#tell('requested', (flow) => flow.requested(texts, way));
    },
    received: (texts, { url, body, status = 200 }) => {
      if (url !== undefined && WAYS[url.pathname] === undefined) return;
      const refusal = refusalIn(body) ?? (status < 400 ? undefined : {});
      if (refusal?.error === 'insufficient_user_authentication') {
        this.#tell('challenged', (flow) => flow.challenged(texts, refusal));
      } else if (refusal === undefined) this.#tell('performed', (flow) => flow.answered(texts, { isDone: true }));
      else {
        const line = refusal.error === 'invalid_token' ? 'expired' : 'refused';
        this.#tell(line, (flow) => flow.answered(texts, { isDone: false }));
      }
    },
  };

  signedOut() {
    this.#flow = Flow.forget();
    this.#tell('signed-out');
  }

  /** @param isNew whether this is a new sign-in, and not the session going on after a page load */
  signedIn(accessToken, { isNew }) {
    if (isNew) this.#flow = Flow.forget();
    this.#flow.held = readAuthenticationEvent(accessToken);
    if (this.#flow.current > 0) return this.#flow.save();
    this.#tell('signed-in', (flow) => {
      flow.before = flow.held;
    });
  }

  departed(url) {
    this.#tell('departed', (flow) => flow.departed(navigationText(url)));
  }

  /** @param outcome a line to say */
  returned({ messages, tokens }, outcome) {
    const event = tokens && readAuthenticationEvent(tokens.accessToken);
    const line = outcome in lines ? outcome : 'not-satisfied';
    this.#tell(line, (flow) => flow.returned(messages, { isSatisfied: outcome === 'satisfied', event }));
  }

  /** The user, or what went wrong, ends this before the authorization server was asked. */
  stopped(line) {
    this.#tell(line, (flow) => flow.stopped());
  }

  #tell(line, change = () => {}) {
    change(this.#flow);
    this.#flow.line = lines[line](this.#flow);
    this.#flow.save();
    this.#render();
  }

  #render() {
    const { line, steps, current, round } = this.#flow;
    element('inspector-line').textContent = line;
    element('round').hidden = round === 1;
    renderEvents(this.#flow);
    steps.forEach((step, index) => {
      renderStep(element('steps').children[index], step, index + 1 === current);
    });
  }
}

function stepItem({ from, to, title, why }, index) {
  const item = create('li', { className: 'step' });
  const details = create('details');
  const summary = create('summary');
  const heading = create('span', { className: 'step-title' });
  heading.append(create('b', { textContent: index + 1 }), create('span', { textContent: title }));
  summary.append(arrow(from, to), heading, create('span', { className: 'status' }));
  details.append(
    summary,
    create('div', { className: 'messages' }),
    create('p', { className: 'why', textContent: why }),
  );
  item.append(details);
  return item;
}

function renderStep(item, { status, messages }, isCurrent) {
  const [details] = item.children;
  const blocks = messages.map(messageBlock);
  item.dataset.status = status;
  item.toggleAttribute('data-current', isCurrent);
  item.querySelector('.status').textContent = STATUS[status];
  item.querySelector('.messages').replaceChildren(...blocks);
  details.open = isCurrent;
  if (isCurrent) scrollTo(item);
}

/** As far as it takes to see all of a step, or its beginning and the step before; and what its messages are about. */
function scrollTo(item) {
  const { offsetTop, offsetHeight, parentElement, previousElementSibling } = item;
  const height = parentElement.clientHeight;
  const start = Math.min(previousElementSibling?.offsetTop ?? 0, offsetTop + offsetHeight - height);
  const marks = firstMarks(item).map((mark) => mark.offsetTop);
  const end = marks.length === 0 ? start : Math.min(Math.min(...marks), Math.max(...marks) + LINE - height);
  parentElement.scrollTo({ top: Math.max(start, end) });
}

/** Of what a message says twice, in the header and in the body, the first. */
function firstMarks(item) {
  const marks = [...item.querySelectorAll('mark')];
  const names = marks.map(({ textContent }) => textContent.replaceAll('"', '').split(/[=:]/)[0]);
  return marks.filter((_, index) => names.indexOf(names[index]) === index);
}

function messageBlock(text) {
  const block = create('pre');
  block.dataset.direction = isReceived(text) ? 'response' : 'request';
  block.setAttribute('aria-label', isReceived(text) ? 'Message to the page' : 'Message of the page');
  block.setAttribute('role', 'group');
  let end = 0;
  for (const { 0: telling, index } of text.matchAll(TELLING)) {
    block.append(text.slice(end, index), create('mark', { textContent: telling }));
    end = index + telling.length;
  }
  block.append(text.slice(end));
  return block;
}

function renderEvents({ challenge, before, after, verdict }) {
  element('asked-acr').textContent =
    challenge === undefined ? '–' : (challenge.acr_values?.split(' ').join(' or ') ?? 'any');
  element('asked-age').textContent = challenge?.max_age === undefined ? '–' : `at most ${challenge.max_age} s old`;
  for (const [name, event] of Object.entries({ before, after })) {
    element(`acr-${name}`).textContent = event?.acr ?? '–';
    element(`auth-time-${name}`).textContent = event?.auth_time === undefined ? '–' : timeText(event.auth_time);
    element(`amr-${name}`).textContent = event?.amr?.join(', ') ?? '–';
    const found = verdict[name];
    element(`verdict-${name}`).textContent = found === undefined ? '' : found ? '✓ enough' : '✗ not enough';
    element(`verdict-${name}`).dataset.verdict = found ?? '';
  }
}

function timeText(seconds) {
  const clock = new Date(seconds * 1000).toLocaleTimeString('en-GB');
  const age = Math.max(0, Math.round(Date.now() / 1000 - seconds));
  return `${seconds}\n${clock}, ${age < 5 ? 'just now' : `${durationOf(age)} ago`}`;
}

function create(tag, properties = {}) {
  return Object.assign(document.createElement(tag), properties);
}
