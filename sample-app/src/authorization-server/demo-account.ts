import { OneTimeCodes } from './one-time-codes.js';

/**
 * Authentication context class references of this server, weakest first. `phr`, phishing-resistant, is the one of the
 * three that is registered.
 *
 * @see [EAP ACR Values §2](https://openid.net/specs/openid-connect-eap-acr-values-1_0-final.html)
 */
export const ACR_VALUES = ['urn:example:pwd', 'urn:example:mfa', 'phr'] as const;

export type Acr = (typeof ACR_VALUES)[number];

/** Somebody who can sign in. Passwords are printed at the start, so they are kept as they are. */
export interface DemoAccount {
  readonly name: string;
  readonly password: string;
  /** Absent for a user without a second factor. */
  readonly codes?: OneTimeCodes;
}

/** `ada` has a second factor, `bob` has none. */
export function createDemoAccounts(): ReadonlyMap<string, DemoAccount> {
  return new Map([
    ['ada', { name: 'ada', password: 'lovelace', codes: new OneTimeCodes() }],
    ['bob', { name: 'bob', password: 'builder' }],
  ]);
}

/** Returns the strongest class that an account can reach. With a second factor it may create a passkey. */
export function strongestAcr(account: DemoAccount): Acr {
  return account.codes === undefined ? 'urn:example:pwd' : 'phr';
}

/** Position in the order of strength that this server declares; `-1` for what it does not know. */
export function strength(acr: string | undefined): number {
  return (ACR_VALUES as readonly (string | undefined)[]).indexOf(acr);
}
