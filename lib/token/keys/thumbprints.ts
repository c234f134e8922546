import { createPublicKey, hash, type JsonWebKey } from 'node:crypto';

/** The thumbprints of certificates (`x5t`, `x5t#S256`) by which a key document tells keys, by the PEM of the key. */
export type Thumbprints = ReadonlyMap<string, readonly string[]>;

/**
 * Returns the thumbprints of the keys of a document: as it names them, or of the certificate (`x5c`) that it has. The
 * certificate itself is not verified: the document is trusted as a whole.
 *
 * @see [RFC 7517 §4.8](https://www.rfc-editor.org/rfc/rfc7517.html#section-4.8)
 */
export function thumbprintsOf(keys: readonly unknown[]): Thumbprints {
  const thumbprints = new Map<string, readonly string[]>();
  for (const key of keys) {
    const named = namedBy(key as Readonly<Record<string, unknown>>);
    const pem = named.length === 0 ? undefined : pemOf(key as JsonWebKey);
    if (pem !== undefined) thumbprints.set(pem, [...(thumbprints.get(pem) ?? []), ...named]);
  }
  return thumbprints;
}

function namedBy({ x5t, 'x5t#S256': x5tS256, x5c }: Readonly<Record<string, unknown>>): readonly string[] {
  const [certificate] = Array.isArray(x5c) ? x5c : [];
  const der = typeof certificate === 'string' ? Buffer.from(certificate, 'base64') : undefined;
  const computed = der === undefined ? [] : [hash('sha1', der, 'base64url'), hash('sha256', der, 'base64url')];
  return [x5t, x5tS256, ...computed].filter((one): one is string => typeof one === 'string' && one !== '');
}

function pemOf(key: JsonWebKey): string | undefined {
  try {
    return createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }) as string;
  } catch {
    // A key of another kind verifies no signature.
    return undefined;
  }
}
