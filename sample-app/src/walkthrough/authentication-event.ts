import { begin, bold, dim, write } from './terminal.js';

/** What an access token says of the sign-in behind it. */
interface EventClaims {
  readonly acr: string;
  readonly amr: readonly string[];
  readonly auth_time: number;
  readonly iat: number;
}

/**
 * Reads an access token for the reader of the walkthrough, without verifying it. A client must not do this: what is in
 * the token is between the authorization server and the resource server (RFC 9068 §6).
 */
export function readEventClaims(accessToken: string): EventClaims {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());
}

/** Prints the events behind two tokens side by side. */
export function compareEvents(before: EventClaims, after: EventClaims): void {
  const line = (name: string, show: (claims: EventClaims) => string) => {
    const [old, current] = [show(before), show(after)];
    const text = `    ${name.padEnd(12)}${old.padEnd(34)}${current}`;
    write(old === current ? dim(text) : text);
  };
  begin('text');
  write(bold(`    ${'claim'.padEnd(12)}${'in the old token'.padEnd(34)}in the new token`));
  line('acr', ({ acr }) => acr);
  line('amr', ({ amr }) => amr.join(' '));
  line('auth_time', ({ auth_time, iat }) => `${clock(auth_time)}, ${age(iat - auth_time)}`);
  line('iat', ({ iat }) => clock(iat));
}

function clock(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}

function age(seconds: number): string {
  if (seconds < 60) return 'just now';
  return `${Math.round(seconds / 60)} minutes before`;
}
