import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { VerificationKey } from '../../../lib/token/keys/verification-key.js';
import { groups } from './wycheproof-vectors.json';

interface Vector {
  readonly name: string;
  readonly isValid: boolean;
  readonly message: Buffer;
  readonly signature: Buffer;
}

/** Reads "result test message signature comment". */
function vectorOf(file: string, line: string): Vector {
  const [result, test, message, signature] = line.split(' ') as [string, string, string, string];
  const octets = (text: string) => Buffer.from(text === '-' ? '' : text, 'base64url');
  return {
    name: `${file} ${test}`,
    isValid: result === 'valid',
    message: octets(message),
    signature: octets(signature),
  };
}

const vectors = groups.map(({ file, algorithm, key, vectors: lines }) => ({
  algorithm,
  key: new VerificationKey({ key: createPublicKey({ key: key as JsonWebKey, format: 'jwk' }) }),
  vectors: lines.map((line) => vectorOf(file, line)),
}));

test('there are more than a thousand published vectors', () => {
  expect(vectors.reduce((sum, group) => sum + group.vectors.length, 0)).toBe(1129);
});

test.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
  'RS-65 the published vectors of %s are accepted if they are valid, and refused if not',
  (algorithm) => {
    const all = vectors.filter((group) => group.algorithm === algorithm);
    const judged = all.flatMap(({ key, vectors: list }) =>
      list.map(({ name, message, signature }) => [
        name,
        key.verifies(algorithm, message.toString('latin1'), signature),
      ]),
    );
    const expected = all.flatMap(({ vectors: list }) => list.map(({ name, isValid }) => [name, isValid]));
    expect(new Set(expected.map(([, isValid]) => isValid))).toEqual(new Set([true, false]));
    expect(judged).toEqual(expected);
  },
);

test('RFC 9864 §2.2 the vectors of EdDSA count for Ed25519 as well', () => {
  const judged = (name: string) =>
    vectors
      .filter(({ algorithm }) => algorithm === 'EdDSA')
      .flatMap(({ key, vectors: list }) =>
        list.map(({ message, signature }) => key.verifies(name, message.toString('latin1'), signature)),
      );
  expect(judged('Ed25519')).toEqual(judged('EdDSA'));
  expect(judged('Ed448')).not.toContain(true);
});
