import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** What a relying party gives a browser for a ceremony, as far as this authenticator heeds it. */
interface CeremonyOptions {
  readonly challenge: string;
  readonly rp?: { readonly id?: string };
  readonly rpId?: string;
  readonly user?: { readonly id: string };
}

/** What a dishonest or weak authenticator does differently. */
export interface Deviations {
  /** Default is the one given to the constructor. */
  origin?: string;
  /** Default is `true`. */
  isUserVerified?: boolean;
  /** Default is one more than the last. */
  counter?: number;
  /** Default is the id of the relying party. */
  rpId?: string;
}

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const CREDENTIAL_INCLUDED = 0x40;

/**
 * One passkey in software, and the browser around it: ES256, no attestation. For what tests have to show of a relying
 * party without a browser.
 *
 * @see [Web Authentication §6](https://www.w3.org/TR/webauthn-3/#sctn-authenticator-model)
 */
export class SoftwareAuthenticator {
  readonly id = randomBytes(16);
  readonly #keys: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  #counter = 0;

  constructor(private readonly origin: string) {}

  /** Answers creation options, as `RegistrationResponseJSON`. */
  create(options: CeremonyOptions, deviations: Deviations = {}): object {
    const clientData = this.#clientData('webauthn.create', options, deviations);
    const credential = Buffer.concat([Buffer.alloc(16), uint16(this.id.length), this.id, this.#coseKey()]);
    const data = this.#authenticatorData(deviations.rpId ?? options.rp?.id, deviations, credential);
    const attestation = Buffer.concat([
      Buffer.from([0xa3]), // map of three: fmt, attStmt, authData
      cborText('fmt'),
      cborText('none'),
      cborText('attStmt'),
      Buffer.from([0xa0]),
      cborText('authData'),
      cborBytes(data),
    ]);
    return this.#credential({
      clientDataJSON: encode(clientData),
      attestationObject: encode(attestation),
      transports: ['internal'],
    });
  }

  /** Answers request options, as `AuthenticationResponseJSON`. */
  use(options: CeremonyOptions, deviations: Deviations = {}): object {
    const clientData = this.#clientData('webauthn.get', options, deviations);
    const data = this.#authenticatorData(deviations.rpId ?? options.rpId, deviations);
    const signed = Buffer.concat([data, sha256(clientData)]);
    return this.#credential({
      clientDataJSON: encode(clientData),
      authenticatorData: encode(data),
      signature: encode(sign('sha256', signed, this.#keys.privateKey)),
    });
  }

  #credential(response: object): object {
    const id = encode(this.id);
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response };
  }

  #clientData(type: string, { challenge }: CeremonyOptions, { origin = this.origin }: Deviations): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  }

  #authenticatorData(
    rpId = '',
    { isUserVerified = true, counter = this.#counter + 1 }: Deviations,
    credential?: Buffer,
  ): Buffer {
    this.#counter = counter;
    const flags =
      USER_PRESENT | (isUserVerified ? USER_VERIFIED : 0) | (credential === undefined ? 0 : CREDENTIAL_INCLUDED);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([sha256(Buffer.from(rpId)), Buffer.from([flags]), count, credential ?? Buffer.alloc(0)]);
  }

  /** RFC 9053 §7.1.1: kty EC2, alg ES256, crv P-256, x, y. */
  #coseKey(): Buffer {
    const { x = '', y = '' } = this.#keys.publicKey.export({ format: 'jwk' });
    const coordinate = (label: number, text: string) =>
      Buffer.concat([Buffer.from([label]), cborBytes(Buffer.from(text, 'base64url'))]);
    return Buffer.concat([
      Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01]),
      coordinate(0x21, x),
      coordinate(0x22, y),
    ]);
  }
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

function encode(data: Buffer): string {
  return data.toString('base64url');
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function cborText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 | text.length]), Buffer.from(text)]);
}

function cborBytes(data: Buffer): Buffer {
  const length = data.length < 24 ? [0x40 | data.length] : data.length < 256 ? [0x58, data.length] : undefined;
  return Buffer.concat([Buffer.from(length ?? [0x59, data.length >> 8, data.length & 0xff]), data]);
}
