// What the package answers, written down once more without its use: status, `WWW-Authenticate` and body.
import { SETTINGS } from './settings.mjs';

const ALGS = 'algs="ES256 ES384 ES512 PS256 RS256 EdDSA Ed25519"';
const ACR_VALUES = 'urn:example:mfa';

export const served = (body) => ({ name: 'served', status: 200, body });

/** The request never reaches the package: the server of Node has an answer of its own. */
export const refusedByNode = (status) => ({ name: `${status} of Node`, status, isForeign: true });

export const withoutToken = {
  name: 'no token',
  status: 401,
  challenges: challenges('Bearer', {}),
  body: { statusCode: 401, message: 'Unauthorized' },
};

export function refused(description, { error = 'invalid_token', scheme = 'Bearer' } = {}) {
  const parameters = { error, error_description: description };
  const status = error === 'invalid_request' ? 400 : 401;
  return { name: description, status, challenges: challenges(scheme, parameters), body: parameters };
}

export const insufficientScope = (scheme) => {
  const description = 'The access token lacks a scope';
  const parameters = { error: 'insufficient_scope', error_description: description, scope: 'transfer:write' };
  const body = { ...parameters, reasons: ['scope_missing'] };
  return { name: 'insufficient_scope', status: 403, challenges: challenges(scheme, parameters), body };
};

export const impossible = {
  name: 'access_denied',
  status: 403,
  challenges: [],
  body: {
    error: 'access_denied',
    error_description: 'No user has authenticated for this token, so none can step up',
  },
};

/** With `Retry-After`, which is checked apart. */
export const unavailable = (description = 'The authorization server cannot be reached') => ({
  name: '503',
  status: 503,
  challenges: [],
  retries: true,
  body: { error: 'temporarily_unavailable', error_description: description },
});

export function challenged(reasons, scheme) {
  const acr = reasons.some((reason) => reason.startsWith('acr'));
  const age = reasons.some((reason) => reason.startsWith('auth'));
  const words = `${acr ? 'A different' : 'A more recent'}${acr && age ? ' and more recent' : ''}`;
  const description = `${acr ? words : 'More recent'} authentication is required`;
  const parameters = {
    error: 'insufficient_user_authentication',
    error_description: description,
    acr_values: ACR_VALUES,
    max_age: SETTINGS.maxAge,
  };
  const body = { ...parameters, reasons };
  return { name: reasons.join(' '), status: 401, challenges: challenges(scheme, parameters), body };
}

/** The challenge under the scheme of the request, and the other scheme without an error. */
function challenges(scheme, parameters) {
  const line = (name, further) => {
    const written = Object.entries({ realm: 'api', ...further }).map(([key, value]) => `${key}="${value}"`);
    return `${name} ${[...written, ...(name === 'DPoP' ? [ALGS] : [])].join(', ')}`;
  };
  return [line(scheme, parameters), line(scheme === 'Bearer' ? 'DPoP' : 'Bearer', {})];
}

/** Returns what is wrong with an answer; `undefined` if it is this one. */
export function difference({ status, headers, text }, answer) {
  if (status !== answer.status) return `status ${status}`;
  if (answer.isForeign) return undefined;
  const body = parsed(text);
  if (canonical(body) !== canonical(answer.body)) return `body ${text}`;
  const lines = headers['www-authenticate'] ?? [];
  if (lines.join('\n') !== (answer.challenges ?? []).join('\n')) return `WWW-Authenticate ${lines.join(' | ')}`;
  if (status === 401 && headers['cache-control']?.[0] !== 'no-store') return 'no Cache-Control: no-store';
  const [retryAfter] = headers['retry-after'] ?? [];
  if (answer.retries && !/^([1-9]|[1-5]\d)$/.test(retryAfter)) return `Retry-After ${retryAfter}`;
  return undefined;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const canonical = (value) =>
  JSON.stringify(value, (_, member) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
