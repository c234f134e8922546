// The client half where pages meet: two tabs of one session, a page that is left and shown again, workers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';

const CHALLENGE = 'Bearer error="insufficient_user_authentication", acr_values="mfa"';
const SHIPPED = new URL('../../dist/esm/', import.meta.url);

/**
 * The session is shared by the tabs, in IndexedDB: what one tab has put there, every other tab reads, which localStorage
 * does not promise. Signing in takes a round trip, as it does in a popup.
 */
const SESSION = `
  import { stepUpFetch } from '/client/index.js';
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const opening = indexedDB.open('session');
  opening.onupgradeneeded = () => opening.result.createObjectStore('tokens');
  const opened = done(opening);
  const tokens = async (mode) => (await opened).transaction('tokens', mode).objectStore('tokens');
  export const readToken = async () => (await done((await tokens('readonly')).get('token'))) ?? 't1';
  export async function signIn() {
    const token = await (await fetch('/sign-in', { method: 'POST' })).text();
    await done((await tokens('readwrite')).put(token, 'token'));
    return token;
  }
  export const client = (stepUp) => stepUpFetch({ origins: [location.origin], accessToken: readToken, stepUp });
  // the recipe of docs/client.md
  export const oneTabAsks = (challenge, { accessToken, signal }) =>
    navigator.locks.request('step-up', { signal }, async () =>
      (await readToken()) === accessToken ? signIn(challenge) : readToken());
`;

const FILES = {
  '/': ['text/html', '<!doctype html><title>page</title><link rel="icon" href="data:,">'],
  '/elsewhere': ['text/html', '<!doctype html><title>elsewhere</title><link rel="icon" href="data:,">'],
  '/session.js': ['text/javascript', SESSION],
  '/worker.js': [
    'text/javascript',
    `import { stepUpFetch } from '/client/index.js';
     const api = stepUpFetch({ origins: [location.origin], accessToken: () => 't1', stepUp: async () => 't9' });
     onmessage = async () => {
       const response = await api('/api/pay', { method: 'POST', body: new Blob(['x'.repeat(3_000_000)]) });
       postMessage([response.status, await response.text()]);
     };`,
  ],
  '/service-worker.js': [
    'text/javascript',
    `import { stepUpFetch } from '/client/index.js';
     const api = stepUpFetch({ origins: [location.origin], accessToken: () => 't1', stepUp: async () => 't9' });
     oninstall = () => skipWaiting();
     onactivate = (event) => event.waitUntil(clients.claim());
     onfetch = (event) => event.respondWith(api(event.request));`,
  ],
};

let browser;
let server;
let origin;
const seen = { signIns: 0, bodies: [] };

before(async () => {
  // Playwright turns the cache of left pages off, which users have
  browser = await launch({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
  server = createServer(async (request, response) => {
    const path = request.url.split('?')[0];
    let length = 0;
    for await (const chunk of request) length += chunk.length;
    if (path === '/sign-in') {
      seen.signIns += 1;
      // long enough for the other tab to be refused as well
      setTimeout(() => response.end(`t${seen.signIns + 1}`), 300);
    } else if (path.startsWith('/api/')) {
      seen.bodies.push(length);
      const granted = /^Bearer t(?!1$)/.test(request.headers.authorization ?? '');
      if (granted) response.end(`${request.method} done`);
      else response.writeHead(401, { 'www-authenticate': CHALLENGE }).end();
    } else if (FILES[path] !== undefined) {
      const [type, content] = FILES[path];
      response.writeHead(200, { 'content-type': type }).end(content);
    } else if (/^\/(client|core)\/[\w.-]+\.js$/.test(path)) {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync(new URL(`.${path}`, SHIPPED)));
    } else response.writeHead(404).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

async function inPages(count, play) {
  Object.assign(seen, { signIns: 0, bodies: [] });
  const context = await browser.newContext();
  context.setDefaultTimeout(8_000);
  try {
    const pages = [];
    for (let page = 0; page < count; page += 1) {
      pages.push(await context.newPage());
      await pages[page].goto(origin);
    }
    await play(...pages);
  } finally {
    await context.close();
  }
}

test('field CL-07 two tabs that are refused at once ask once, by the recipe with Web Locks', () =>
  inPages(2, async (...pages) => {
    const pay = () =>
      import('/session.js').then(async ({ client, oneTabAsks }) => {
        const api = client(oneTabAsks);
        const responses = await Promise.all(['/api/a', '/api/b'].map((path) => api(path, { method: 'POST' })));
        return responses.map(({ status }) => status);
      });
    const statuses = await Promise.all(pages.map((page) => page.evaluate(pay)));
    assert.deepEqual(
      { statuses, signIns: seen.signIns },
      {
        statuses: [
          [200, 200],
          [200, 200],
        ],
        signIns: 1,
      },
    );
  }));

test('field CL-05 a page that is left during a step-up and shown again by Back asks at the next click', () =>
  inPages(1, async (page) => {
    await page.evaluate(async () => {
      const { client, signIn } = await import('/session.js');
      window.prompts = 0;
      const api = client(() => {
        window.prompts += 1;
        if (window.prompts > 1) return signIn();
        location.assign('/elsewhere');
        return new Promise(() => {});
      });
      window.click = () =>
        api('/api/pay').then(
          ({ status }) => status,
          ({ code }) => code,
        );
      window.addEventListener('pageshow', ({ persisted }) => {
        window.persisted = persisted;
      });
    });
    const left = page.waitForURL('**/elsewhere');
    await page.evaluate(() => {
      window.first = window.click();
    });
    await left;
    // a page from that cache does not load again
    await page.goBack({ waitUntil: 'commit' });
    const result = await page.evaluate(async () => ({
      persisted: window.persisted,
      first: await window.first,
      second: await window.click(),
      prompts: window.prompts,
    }));
    assert.deepEqual(result, { persisted: true, first: 'ERR_STEP_UP_ABANDONED', second: 200, prompts: 2 });
  }));

test('field CL-14 a worker sends 3 MB again', () =>
  inPages(1, async (page) => {
    const answer = await page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker('/worker.js', { type: 'module' });
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.postMessage('go');
        }),
    );
    assert.deepEqual({ answer, bodies: seen.bodies }, { answer: [200, 'POST done'], bodies: [3_000_000, 3_000_000] });
  }));

test('field CL-11 a service worker that adds the token lets its page load, and steps up for what the page sends', () =>
  inPages(1, async (page) => {
    await page.evaluate(async () => {
      await navigator.serviceWorker.register('/service-worker.js', { type: 'module' });
      await navigator.serviceWorker.ready;
    });
    await page.reload();
    const result = await page.evaluate(async () => ({
      controlled: navigator.serviceWorker.controller !== null,
      title: document.title,
      answer: await (await fetch('/api/pay', { method: 'POST', body: 'amount=5' })).text(),
    }));
    assert.deepEqual(result, { controlled: true, title: 'page', answer: 'POST done' });
    assert.deepEqual(seen.bodies, [8, 8]);
  }));
