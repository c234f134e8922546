import { checkMembers, StepUpConfigurationError, show } from '../../core/index.js';
import { AccessTokenRefused, credentialsIn, type PresentedToken } from '../../token/index.js';

/** Where an access token is off HTTP. Every place counts unless it is switched off. */
export interface TokenLocations {
  /** `authorization` in the metadata of a gRPC call, as `Bearer`. Default is `true`. */
  grpcMetadata?: boolean | undefined;
  /** The header `authorization` of a message of NATS, RabbitMQ, Kafka or MQTT 5, as `Bearer`. Default is `true`. */
  messageHeaders?: boolean | undefined;
  /** `authorization` in the `connectionParams` of graphql-ws, in any case, as `Bearer`. Default is `true`. */
  connectionParams?: boolean | undefined;
  /** `handshake.auth.token` of socket.io, the token alone. Default is `true`. */
  handshakeAuth?: boolean | undefined;
  /** The `Authorization` header of the request that opened a socket: ws, socket.io, graphql-ws. Default is `true`. */
  handshakeHeader?: boolean | undefined;
}

/** Whether each place counts. */
export type CheckedTokenLocations = Readonly<Record<keyof TokenLocations, boolean>>;

const DEFAULTS: CheckedTokenLocations = {
  grpcMetadata: true,
  messageHeaders: true,
  connectionParams: true,
  handshakeAuth: true,
  handshakeHeader: true,
};

/** @throws StepUpConfigurationError that names the place and what it must be */
export function checkTokenLocations(locations: TokenLocations | undefined): CheckedTokenLocations {
  if (locations === undefined) return DEFAULTS;
  if (typeof locations !== 'object' || locations === null || Array.isArray(locations)) {
    throw new StepUpConfigurationError(`"tokenLocations" must be an object, not ${show(locations)}`);
  }
  checkMembers(locations, new Set(Object.keys(DEFAULTS)), (member) => `"tokenLocations" has no member "${member}"`);
  const given = Object.entries(locations).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (typeof value === 'boolean') continue;
    throw new StepUpConfigurationError(`"tokenLocations.${name}" must be true or false, not ${show(value)}`);
  }
  return Object.freeze({ ...DEFAULTS, ...Object.fromEntries(given) });
}

/**
 * Returns the one token of several places.
 *
 * @throws AccessTokenRefused `invalid_request` for different tokens
 */
export function onlyToken(tokens: readonly (PresentedToken | undefined)[]): PresentedToken | undefined {
  const [first, ...others] = tokens.filter((token) => token !== undefined);
  if (others.some(({ token, scheme }) => token !== first?.token || scheme !== first.scheme)) {
    throw new AccessTokenRefused('access_token_ambiguous');
  }
  return first;
}

/**
 * Returns the token in an `authorization` field, as libraries give it: a text, bytes, or a list of one of them. Returns
 * `undefined` without a token: no field, another scheme, or nothing behind the scheme.
 *
 * @throws AccessTokenRefused `invalid_request` for several values, and for what is neither a text nor bytes
 */
export function tokenInField(field: unknown): PresentedToken | undefined {
  const values = [field].flat().filter((value) => value !== undefined && value !== null);
  if (values.length > 1) throw new AccessTokenRefused('authorization_header_repeated');
  const [value] = values;
  if (value === undefined) return undefined;
  if (typeof value === 'string') return credentialsIn(value);
  if (value instanceof Uint8Array) return credentialsIn(Buffer.from(value).toString());
  throw new AccessTokenRefused('authorization_header_malformed');
}

/**
 * Returns the token of a place that is for a token alone.
 *
 * @throws AccessTokenRefused `invalid_token` for what is no text
 */
export function bareToken(value: unknown): PresentedToken | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new AccessTokenRefused('token_unreadable');
  return { scheme: 'Bearer', token: value };
}

/** Returns the values of `authorization` in a record or in a list of pairs, in any case. */
export function authorizationIn(fields: unknown): unknown[] {
  if (typeof fields !== 'object' || fields === null) return [];
  const pairs: Iterable<unknown> = Symbol.iterator in fields ? (fields as Iterable<unknown>) : Object.entries(fields);
  return [...pairs].flatMap((pair) => {
    const [name, value] = Array.isArray(pair) ? pair : [];
    return typeof name === 'string' && name.toLowerCase() === AUTHORIZATION ? [value].flat() : [];
  });
}

const AUTHORIZATION = 'authorization';
