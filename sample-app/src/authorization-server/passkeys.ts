import { randomBytes } from 'node:crypto';
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type WebAuthnCredential,
} from '@simplewebauthn/server';

/** Seconds in which a challenge has to be answered. */
export const CHALLENGE_TTL = 120;

export type Ceremony = 'create' | 'use';

/** What the browser is given for a ceremony. */
type CeremonyOptions =
  | { readonly ceremony: 'create'; readonly options: PublicKeyCredentialCreationOptionsJSON }
  | { readonly ceremony: 'use'; readonly options: PublicKeyCredentialRequestOptionsJSON };

/** Whose ceremony it is, and the one interaction that it belongs to. */
interface CeremonyOwner {
  readonly accountName: string;
  readonly interaction: string;
  /** Whether the user has lost the passkey, and has shown by a one-time code that they may replace it. Default is `false`. */
  readonly isReplacing?: boolean;
}

/** A passkey, and the interaction that it was created in. */
type Passkey = WebAuthnCredential & { readonly createdIn: string };

interface Challenge {
  readonly value: string;
  readonly ceremony: Ceremony;
  readonly accountName: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * The passkeys of all accounts, in memory. The authenticator has to verify its user. Which kind of authenticator it is
 * remains unknown, as no attestation is asked for.
 *
 * @see [Web Authentication §7](https://www.w3.org/TR/webauthn-3/#sctn-rp-operations)
 */
export class Passkeys {
  readonly #credentials = new Map<string, Passkey[]>();
  readonly #userIds = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #challenges = new Map<string, Challenge>();
  readonly #origin: string;
  readonly #rpID: string;

  /** @param issuer the URL of these pages. Browsers make passkeys for names, such as `localhost`, but not for addresses */
  constructor(issuer: string) {
    const { origin, hostname } = new URL(issuer);
    this.#origin = origin;
    this.#rpID = hostname;
  }

  has(accountName: string): boolean {
    return this.#of(accountName).length > 0;
  }

  /** What there is to do: create a passkey if there is none, or in place of a lost one; otherwise use it. */
  ceremonyFor({ accountName, interaction, isReplacing = false }: CeremonyOwner): Ceremony {
    const isReplaced = this.#of(accountName).some(({ createdIn }) => createdIn === interaction);
    return this.has(accountName) && (!isReplacing || isReplaced) ? 'use' : 'create';
  }

  /** Begins a ceremony with a challenge of its own. An earlier one of the same interaction counts no more. */
  async begin(owner: CeremonyOwner, now = Date.now() / 1000): Promise<CeremonyOptions> {
    const { accountName, interaction } = owner;
    const begun: CeremonyOptions =
      this.ceremonyFor(owner) === 'use'
        ? { ceremony: 'use', options: await this.#requestOptions(accountName) }
        : { ceremony: 'create', options: await this.#creationOptions(accountName) };
    for (const [key, { expiresAt }] of this.#challenges) if (expiresAt <= now) this.#challenges.delete(key);
    this.#challenges.set(interaction, {
      value: begun.options.challenge,
      ceremony: begun.ceremony,
      accountName,
      expiresAt: now + CHALLENGE_TTL,
    });
    return begun;
  }

  /**
   * Takes the browser's answer. Whatever comes of it, its challenge counts no more.
   *
   * @param answer JSON text, as the browser sent it
   */
  async accept(
    { accountName, interaction }: CeremonyOwner,
    answer: string,
    now = Date.now() / 1000,
  ): Promise<'created' | 'used' | 'refused'> {
    const challenge = this.#challenges.get(interaction);
    this.#challenges.delete(interaction);
    if (challenge === undefined || challenge.expiresAt <= now || challenge.accountName !== accountName)
      return 'refused';
    try {
      const response = JSON.parse(answer);
      if (challenge.ceremony === 'create') {
        return (await this.#create({ accountName, interaction }, challenge.value, response)) ? 'created' : 'refused';
      }
      return (await this.#use(accountName, challenge.value, response)) ? 'used' : 'refused';
    } catch {
      // no JSON, another origin, no user verification, a counter that went back: all the same to the sender
      return 'refused';
    }
  }

  #creationOptions(accountName: string): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const userID = this.#userIds.get(accountName) ?? new Uint8Array(randomBytes(32));
    this.#userIds.set(accountName, userID);
    return generateRegistrationOptions({
      rpName: 'Authorization server of the Small Bank',
      rpID: this.#rpID,
      userID,
      userName: accountName,
      userDisplayName: accountName,
      timeout: CHALLENGE_TTL * 1000,
      attestationType: 'none',
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    });
  }

  #requestOptions(accountName: string): Promise<PublicKeyCredentialRequestOptionsJSON> {
    return generateAuthenticationOptions({
      rpID: this.#rpID,
      allowCredentials: this.#of(accountName).map(({ id, transports }) => ({ id, transports })),
      timeout: CHALLENGE_TTL * 1000,
      userVerification: 'required',
    });
  }

  /** A new passkey takes the place of those that there were: the lost one is good for nothing from then on. */
  async #create(
    { accountName, interaction }: CeremonyOwner,
    challenge: string,
    response: RegistrationResponseJSON,
  ): Promise<boolean> {
    const { registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: this.#origin,
      expectedRPID: this.#rpID,
      requireUserVerification: true,
    });
    if (registrationInfo === undefined) return false;
    const { credential } = registrationInfo;
    // WebAuthn §7.1: a credential id that is known already, to anybody, is not taken a second time
    if ([...this.#credentials.values()].flat().some(({ id }) => id === credential.id)) return false;
    this.#credentials.set(accountName, [{ ...credential, createdIn: interaction }]);
    return true;
  }

  async #use(accountName: string, challenge: string, response: AuthenticationResponseJSON): Promise<boolean> {
    const credential = this.#of(accountName).find(({ id }) => id === response.id);
    if (credential === undefined) return false;
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: this.#origin,
      expectedRPID: this.#rpID,
      credential,
      requireUserVerification: true,
    });
    if (verified) credential.counter = authenticationInfo.newCounter;
    return verified;
  }

  #of(accountName: string): readonly Passkey[] {
    return this.#credentials.get(accountName) ?? [];
  }
}
