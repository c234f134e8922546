import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';
import { metadata } from '../../lib/testing/metadata.js';
import { SigningKey } from '../../lib/testing/signing-key.js';
import { nestjsStepUp } from './doctor.js';

const ISSUER = 'https://login.example.com';

test('docs/doctor.md shows the command and what it prints', async () => {
  const page = readFileSync(join(__dirname, '../../docs/doctor.md'), 'utf8');
  const [, command] = /^```sh\nnpx nestjs-step-up (doctor [^`]+)```$/m.exec(page) ?? [];
  const [, output] = /^```text\n([^`]+)```$/m.exec(page) ?? [];

  const key = new SigningKey('ES256');
  const acrValues = ['urn:example:pwd', 'urn:example:mfa', 'phr'];
  const documents: Record<string, object> = {
    [`${ISSUER}/.well-known/openid-configuration`]: {
      ...metadata(ISSUER, 'ES256', acrValues),
      introspection_endpoint: undefined,
    },
    [`${ISSUER}/jwks`]: { keys: [key.jwk] },
  };
  const fetched = jest
    .spyOn(globalThis, 'fetch')
    .mockImplementation(async (url) => Response.json(documents[String(url)] ?? {}));
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, aud: 'https://api.example.com', sub: 'alice', client_id: 'page', jti: '1' };
  const token = await key.sign({ ...claims, iat: now, exp: now + 300, acr: 'urn:example:mfa' }, { typ: 'at+jwt' });
  const args = (command as string).replace(/\\\n|< token\.txt/g, ' ').split(/\s+/);
  const outcome = await nestjsStepUp(
    args.filter((word) => word !== ''),
    { stdin: token },
  );
  fetched.mockRestore();
  expect(outcome).toEqual({ exitCode: 1, stderr: '', stdout: output });
});

test('docs/doctor.md names the members of the object that --json prints, and those of a diagnostic', async () => {
  const page = readFileSync(join(__dirname, '../../docs/doctor.md'), 'utf8');
  const names = (list: string | undefined) => list?.split(', ').sort();
  const [, ofObject, ofDiagnostic] = /`{ (issuer, [^}]+) }`\. Each diagnostic is `{ ([^}?]+)\? }`/.exec(page) ?? [];

  const server = await createTestAuthorizationServer();
  const { stdout } = await nestjsStepUp(['doctor', server.issuer, '--json']);
  await server.close();
  const printed = JSON.parse(stdout);
  expect(Object.keys(printed).sort()).toEqual(names(ofObject));
  const withFix = printed.diagnostics.find(({ fix }: Record<string, unknown>) => fix !== undefined);
  expect(Object.keys(withFix).sort()).toEqual(names(ofDiagnostic));
});
