// Has each library that signs users in answer challenges, in Chromium, and reads the authorization request that it makes.
// No request leaves the browser: the page, the authorization server and Auth.js's server are answered here.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { launch } from '../browser/chromium.mjs';

const ISSUER = 'https://as.example.com';
const PAGE = 'https://app.example.com/';
const CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
const ESSENTIAL = { id_token: { acr: { essential: true, values: ['phr', 'mfa'] } } };

const bearer = { scheme: 'Bearer' };
const scope = 'openid pay';

/** What is asked for, and the parameters that the authorization request then has; `undefined`: it has none. */
const cases = {
  'acr and age': {
    challenge: { ...bearer, acrValues: ['phr', 'mfa'], maxAge: 300 },
    options: { scope, prompt: 'login', loginHint: 'alice' },
    expected: { acr_values: 'phr mfa', max_age: '300', prompt: 'login', login_hint: 'alice', claims: undefined },
  },
  'age 0': {
    challenge: { ...bearer, maxAge: 0 },
    options: { scope },
    expected: { acr_values: undefined, max_age: '0', prompt: undefined, claims: undefined },
  },
  'essential acr': {
    challenge: { ...bearer, acrValues: ['phr', 'mfa'], maxAge: 300 },
    options: { scope, mode: 'essential' },
    expected: { acr_values: undefined, max_age: '300', claims: ESSENTIAL },
  },
  'claims challenge': {
    challenge: { ...bearer, acrValues: ['c1'], claims: CLAIMS },
    options: { scope },
    expected: { acr_values: undefined, max_age: undefined, claims: JSON.parse(CLAIMS) },
    refusedBy: { 'keycloak-js': 'TypeError: "claims" cannot be sent with keycloak-js' },
  },
};

const METADATA = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  jwks_uri: `${ISSUER}/jwks`,
  end_session_endpoint: `${ISSUER}/logout`,
  code_challenge_methods_supported: ['S256'],
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
};

/** @returns the outcome of each case by library */
export async function playSignIn(workshop) {
  const { outputFiles } = await build({
    entryPoints: [join(workshop, 'sign-in-libraries.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env': '{}' },
  });
  const [{ text: bundle }] = outputFiles;
  const authJs = authJsOf(workshop);
  const browser = await launch();
  const outcomes = {};
  try {
    const names = await open(browser, bundle, authJs, ({ page }) => page.evaluate('signInWith.names'));
    for (const name of names) {
      outcomes[name] = {};
      for (const [title, one] of Object.entries(cases)) {
        outcomes[name][title] = await open(browser, bundle, authJs, (opened) => play(opened, name, one)).then(
          () => 'ok',
          ({ message }) => `FAILED: ${message}`,
        );
      }
    }
  } finally {
    await browser.close();
  }
  return outcomes;
}

/** Opens the page in a browser without memory. */
async function open(browser, bundle, authJs, use) {
  const context = await browser.newContext();
  let asked;
  const request = new Promise((resolve) => {
    asked = resolve;
  });
  await context.route('**', async (route) => {
    const url = new URL(route.request().url());
    if (url.origin === ISSUER && url.pathname.endsWith('/authorize')) {
      asked(url);
      // a navigation that ends with this leaves the page as it is
      return route.fulfill({ status: 204 });
    }
    if (url.pathname.includes('/.well-known/')) return route.fulfill({ json: METADATA, headers: anyOrigin });
    if (url.pathname.startsWith('/api/auth/')) return route.fulfill(await authJs(route.request(), url));
    return route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Page</title>', headers: anyOrigin });
  });
  try {
    const page = await context.newPage();
    await page.goto(PAGE);
    await page.addScriptTag({ content: bundle });
    return await use({ page, request });
  } finally {
    await context.unrouteAll({ behavior: 'ignoreErrors' });
    await context.close();
  }
}
const anyOrigin = { 'access-control-allow-origin': '*' };

async function play({ page, request }, name, { challenge, options, expected, refusedBy }) {
  const refused = new Promise((_, reject) => {
    page.evaluate(([name, ...given]) => signInWith(name, ...given), [name, challenge, options]).catch(reject);
  });
  const outcome = Promise.race([request, refused, timeout()]);
  const wanted = refusedBy?.[name];
  if (wanted !== undefined) return assert.rejects(outcome, ({ message }) => message.includes(wanted));
  const { searchParams } = await outcome;
  const asked = Object.fromEntries(Object.keys(expected).map((parameter) => [parameter, undefined]));
  for (const parameter of new Set(searchParams.keys())) {
    const values = searchParams.getAll(parameter);
    assert.equal(values.length, 1, `${parameter} is sent ${values.length} times`);
    if (parameter in asked) asked[parameter] = parameter === 'claims' ? acrsOf(JSON.parse(values[0])) : values[0];
  }
  assert.deepEqual(asked, expected);
  const scopes = searchParams.get('scope').split(' ');
  assert.ok(scopes.includes('openid') && scopes.includes('pay'), `the scope is ${scopes}`);
}

/** The part of claims that is about authentication: MSAL adds optional claims of its own. */
function acrsOf({ id_token: { acr } = {}, access_token: { acrs } = {} }) {
  if (acr) return { id_token: { acr } };
  return acrs ? { access_token: { acrs } } : undefined;
}

function timeout() {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('No authorization request within 20 seconds')), 20_000).unref();
  });
}

/** The server of Auth.js, as an application of Next.js has it behind `/api/auth/`. */
function authJsOf(workshop) {
  const { AuthHandler } = createRequire(join(workshop, 'package.json'))('./node_modules/next-auth/core/index.js');
  const oidc = {
    id: 'oidc',
    name: 'OpenID Connect',
    type: 'oauth',
    clientId: 'page',
    clientSecret: 'secret of the page',
    issuer: ISSUER,
    authorization: METADATA.authorization_endpoint,
    token: METADATA.token_endpoint,
    checks: ['pkce', 'state'],
    profile: ({ sub }) => ({ id: sub }),
  };
  return async (request, url) => {
    const [action, providerId] = url.pathname.slice('/api/auth/'.length).split('/');
    const cookies = Object.fromEntries(
      ((await request.allHeaders()).cookie ?? '').split('; ').map((cookie) => cookie.split(/=(.*)/s).slice(0, 2)),
    );
    const {
      status = 200,
      headers = [],
      body,
      redirect,
      cookies: set = [],
    } = await AuthHandler({
      req: {
        origin: url.origin,
        method: request.method(),
        query: Object.fromEntries(url.searchParams),
        body: Object.fromEntries(new URLSearchParams(request.postData() ?? '')),
        cookies: Object.fromEntries(Object.entries(cookies).map(([name, value]) => [name, decodeURIComponent(value)])),
        action,
        providerId,
      },
      // its warnings are about the address that its environment should name
      options: { secret: 'secret of the session', providers: [oidc], logger: { warn: () => undefined } },
    });
    const fields = Object.fromEntries(headers.map(({ key, value }) => [key, value]));
    const cookie = set.map(({ name, value }) => `${name}=${encodeURIComponent(value)}; Path=/`).join('\n');
    return {
      status: redirect ? 200 : status,
      headers: { ...fields, ...(cookie && { 'set-cookie': cookie }), 'content-type': 'application/json' },
      body: JSON.stringify(redirect ? { url: redirect } : body),
    };
  };
}
