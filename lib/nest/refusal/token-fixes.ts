import { type AuthorizationServer, fittingProfile } from '../../authorization-servers/index.js';
import type { AccessTokenRefused } from '../../token/index.js';
import { EXAMINE } from './unavailability-advice.js';

/** Characters. Longer texts are cut, because a token can contain anything. */
const MAX_SHOWN_LENGTH = 100;

/** Returns a value of a token as a line of the log has it: escaped, and cut. */
export function shown(value: string | readonly (string | null)[] | null | undefined): string {
  if (value === undefined) return 'unreadable';
  const texts = [value].flat().map((one) => (one === null ? 'none' : inAscii(JSON.stringify(one))));
  const text = texts.join(' or ');
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
}

/** Escapes what could move a cursor, or turn the direction of a line. */
function inAscii(text: string): string {
  return text.replace(/[^\x20-\x7E]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function isOneSlashApart(configured: string | null, found: AccessTokenRefused['found']): boolean {
  return `${configured}/` === found || configured === `${found}/`;
}

export function nameOf(server: AuthorizationServer | undefined): string {
  return server?.profile.title ?? 'the profile';
}

function stepsOf(server: AuthorizationServer | undefined): string {
  return server?.profile.title === undefined
    ? ''
    : `: the steps for ${server.profile.title} are in docs/authorization-servers.md`;
}

export function fixForAudience(
  { found, expected = [], isOfResponse }: AccessTokenRefused,
  server: AuthorizationServer | undefined,
): string {
  const [audience] = expected;
  if ([found].flat().some((one) => expected.some((known) => isOneSlashApart(known, one)))) {
    return 'configure exactly the audience that tokens name: a slash at the end counts';
  }
  if (found === undefined && isOfResponse === true) {
    return (
      'have the server return "aud" of opaque tokens; if it returns tokens of this API alone, say so by "absentClaims" of ' +
      `the profile${stepsOf(server)}`
    );
  }
  if (found === undefined && server?.profile.audienceIn === 'scope')
    return `have clients ask for a scope of this API, which begins with ${shown(`${audience}/`)}${stepsOf(server)}`;
  if (found === undefined && server?.profile.absentClaims.has('aud') === true) {
    return (
      '"absentClaims" may leave "aud" out of introspection responses, never out of JWTs: have the server name this API ' +
      `there, or let "audienceIn" of the profile say that its scopes name it${stepsOf(server)}`
    );
  }
  const isLeftOut = found === undefined && server?.introspection?.lightweightTokens === false;
  const other = isLeftOut ? ', or set "introspection.lightweightTokens" if introspection names it' : '';
  return `have the server name this API in "aud" of access tokens${other}${stepsOf(server)}`;
}

export function fixForTyp(found: AccessTokenRefused['found'], server: AuthorizationServer | undefined): string {
  if (server?.profile.title !== undefined) {
    return `send an access token of ${server.profile.title}, no other kind; if it is one, correct "authorizationServers[].profile"`;
  }
  const profile = server && fittingProfile(server.issuer, typeof found === 'string' ? found : null);
  return profile === undefined
    ? `have the server issue typ at+jwt (RFC 9068 §2.1), or give its "profile"; ${EXAMINE}`
    : `give "authorizationServers[].profile": '${profile}'`;
}
