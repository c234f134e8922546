import type { UnmetReason } from 'nestjs-step-up';
import type { Response } from './describe-over-http.js';

/** Which of the two halves of the sentence a reason belongs to. The scope has none. */
const UNMET: Record<UnmetReason, 'acr' | 'age' | undefined> = {
  acr_missing: 'acr',
  acr_unmet: 'acr',
  auth_time_missing: 'age',
  auth_time_invalid: 'age',
  auth_time_in_future: 'age',
  authentication_too_old: 'age',
  scope_missing: undefined,
};

interface Challenged {
  /** Strings on the wire, in order. Default is no `acr_values`. */
  acrValues?: readonly string[];
  /** Default is no `max_age`. */
  maxAge?: number;
  /** Only if the scope is unmet too. Default is no `scope`. */
  scope?: string;
  reasons: readonly UnmetReason[];
}

/**
 * Returns the whole response to a request whose authentication does not meet the requirements, in an application with the
 * default realm: status, header fields and body. It is written down here once more, without use of the package.
 *
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export function challenged({ acrValues, maxAge, scope, reasons }: Challenged): Response {
  const unmet = reasons.map((reason) => UNMET[reason]);
  const kinds = [unmet.includes('acr') && 'different', unmet.includes('age') && 'more recent'].filter(Boolean);
  const sentence = `${kinds[0] === 'different' ? 'A ' : ''}${kinds.join(' and ')} authentication is required`;
  const parameters = {
    error: 'insufficient_user_authentication',
    error_description: sentence.replace(/^m/, 'M'),
    ...(acrValues !== undefined && { acr_values: acrValues.join(' ') }),
    ...(maxAge !== undefined && { max_age: maxAge }),
    ...(scope !== undefined && { scope }),
  };
  return refused(401, parameters, { ...parameters, reasons: [...reasons] });
}

/** Returns the whole response to a request without a token: a challenge without an error. */
export function withoutToken(): Response {
  return refused(401, {}, { statusCode: 401, message: 'Unauthorized' });
}

/** Returns the whole response to a request whose token is refused. */
export function invalidToken(description: string): Response {
  const parameters = { error: 'invalid_token', error_description: description };
  return refused(401, parameters, parameters);
}

/** Returns the whole response to a request that presents its token in a wrong way. */
export function invalidRequest(description: string): Response {
  const parameters = { error: 'invalid_request', error_description: description };
  return refused(400, parameters, parameters);
}

/** Returns the whole response to a request whose token lacks nothing but a scope. */
export function insufficientScope(scope: string): Response {
  const description = 'The access token lacks a scope';
  const parameters = { error: 'insufficient_scope', error_description: description, scope };
  return refused(403, parameters, { ...parameters, reasons: ['scope_missing'] });
}

/** Returns the whole response to a request whose token could never be enough, so that a challenge would lead nowhere. */
export function accessDenied(description: string): Response {
  return { status: 403, headers: JSON_TYPE, body: { error: 'access_denied', error_description: description } };
}

/** Returns the whole response to a request that fails by a mistake of the application. */
export function internalServerError(): Response {
  return { status: 500, headers: JSON_TYPE, body: { statusCode: 500, message: 'Internal Server Error' } };
}

const JSON_TYPE = { 'content-type': ['application/json; charset=utf-8'] };

function refused(status: number, parameters: Record<string, string | number>, body: object): Response {
  const written = Object.entries({ realm: 'api', ...parameters }).map(([name, value]) => `${name}="${value}"`);
  return {
    status,
    headers: {
      'cache-control': ['no-store'],
      ...JSON_TYPE,
      'www-authenticate': [`Bearer ${written.join(', ')}`],
    },
    body,
  };
}
