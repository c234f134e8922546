import { Html, html } from '../../shared/html.js';
import { all } from '../html-list.js';
import { type Flow, newFlow, type Step, type StepStatus } from './flow.js';
import type { Message } from './message.js';
import { lines, type Party, STEPS } from './narration.js';
import { durationOf, type EventClaims } from './words.js';

const STATUS: Record<StepStatus, string> = {
  ahead: 'to come',
  now: 'now',
  done: 'done',
  stopped: 'stopped here',
  skipped: 'not needed',
};
/** What the messages are about. */
const TELLING =
  /"?\b(?:acr_values|max_age|acr|auth_time)"?[=:] ?(?:"[^"]*"|[^\n,&]+)|insufficient_user_authentication|unmet_authentication_requirements|access_denied/g;
const LANES: Record<Party, number> = { bank: 14, page: 60, server: 106 };
const NAMES: Record<Party, string> = { bank: 'the bank', page: 'this server', server: 'the authorization server' };
const NOTHING: Flow = { ...newFlow(), line: lines['signed-out']() };

/** Shows what this server did, and why, as the bank's page shows what it did. */
export function inspectorView(flow: Flow = NOTHING): Html {
  return html`<aside id="inspector" class="open" aria-labelledby="inspector-title">
    <div class="inspector-head">
      <h2 id="inspector-title">Protocol inspector</h2>
      ${flow.round > 1 && html`<span id="round">Second round</span>`}
      <a href="https://www.rfc-editor.org/rfc/rfc9470.html#section-2">RFC 9470 §2</a>
    </div>
    <p id="inspector-line" role="status">${flow.line}</p>
    <div id="inspector-body">
      ${events(flow)}
      <div class="lanes" aria-hidden="true">
        <span class="lane-names"><span>Bank</span><span>BFF</span><span>Auth</span></span>
      </div>
      <ol id="steps">${all(flow.steps, (step, index) => stepItem(flow, step, index))}</ol>
      <p class="hint">Tokens and codes are cut short, parameters decoded, fields that do not matter here left out.</p>
    </div>
  </aside>`;
}

function events({ challenge, before, after, verdict }: Flow): Html {
  const acr = challenge === undefined ? '–' : (challenge.acrValues?.join(' or ') ?? 'any');
  const age = challenge?.maxAge === undefined ? '–' : `at most ${challenge.maxAge} s old`;
  return html`<table id="events">
    <caption>The sign-in behind the access token</caption>
    <thead>
      <tr><td></td><th scope="col">Before ${verdictOf(verdict.before)}</th><th scope="col">Asked for</th>
        <th scope="col">After ${verdictOf(verdict.after)}</th></tr>
    </thead>
    <tbody>
      <tr><th scope="row">acr</th><td>${before?.acr ?? '–'}</td><td>${acr}</td><td>${after?.acr ?? '–'}</td></tr>
      <tr><th scope="row">auth_time</th><td>${time(before)}</td><td>${age}</td><td>${time(after)}</td></tr>
      <tr><th scope="row">amr</th><td>${amr(before)}</td><td>–</td><td>${amr(after)}</td></tr>
    </tbody>
  </table>`;
}

function verdictOf(isEnough: boolean | undefined): Html | undefined {
  if (isEnough === undefined) return undefined;
  return html`<span data-verdict="${String(isEnough)}">${isEnough ? '✓ enough' : '✗ not enough'}</span>`;
}

function amr(event: EventClaims | undefined): string {
  return event?.amr?.join(', ') ?? '–';
}

function time(event: EventClaims | undefined): string {
  if (event?.auth_time === undefined) return '–';
  const clock = new Date(event.auth_time * 1000).toLocaleTimeString('en-GB');
  const age = Math.max(0, Math.round(Date.now() / 1000 - event.auth_time));
  return `${event.auth_time}\n${clock}, ${age < 5 ? 'just now' : `${durationOf(age)} ago`}`;
}

function stepItem({ current, challenge }: Flow, { status, messages }: Step, index: number): Html | undefined {
  const step = STEPS[index];
  if (step === undefined) return undefined;
  const isCurrent = index + 1 === current;
  // the challenge is what the steps after it are about
  const isOpen = isCurrent || (index === 1 && challenge !== undefined && current < 5);
  return html`<li class="step" data-status="${status}" ${isCurrent && 'data-current'}>
    <details ${isOpen && 'open'}>
      <summary>${arrow(step.from, step.to)}
        <span class="step-title"><b>${String(index + 1)}</b><span>${step.title}</span></span>
        <span class="status">${STATUS[status]}</span></summary>
      <div class="messages">${all(messages, messageBlock)}</div>
      <p class="why">${step.why}</p>
    </details>
  </li>`;
}

function messageBlock({ text, isReceived }: Message): Html {
  const parts: Html[] = [];
  let end = 0;
  for (const { 0: telling, index } of text.matchAll(TELLING)) {
    parts.push(html`${text.slice(end, index)}<mark>${telling}</mark>`);
    end = index + telling.length;
  }
  const content = new Html(`${parts.join('')}${html`${text.slice(end)}`}`);
  const label = isReceived ? 'Message to this server' : 'Message of this server';
  return html`<pre role="group" aria-label="${label}" data-direction="${isReceived ? 'response' : 'request'}">${content}</pre>`;
}

/** An arrow from one lane to another. The lifelines are drawn by the style of what it lies on. */
function arrow(from: Party, to: Party): Html {
  const [start, end] = [LANES[from], LANES[to]];
  const tip = end - Math.sign(end - start) * 9;
  return html`<svg viewBox="0 4 120 32" class="arrow" role="img" aria-label="From ${NAMES[from]} to ${NAMES[to]}.">
    <line class="shaft" x1="${String(start)}" x2="${String(tip)}" y1="20" y2="20"></line>
    <path class="head" d="M${String(tip)} 14 L${String(end)} 20 L${String(tip)} 26 Z"></path>
    <circle class="origin" cx="${String(start)}" cy="20" r="4"></circle></svg>`;
}
