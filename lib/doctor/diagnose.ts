import { acrValuesDiagnostics } from './acr-values.js';
import type { DoctorDiagnostic } from './doctor-diagnostic.js';
import type { Examination } from './examination.js';
import { keyDiagnostics } from './keys.js';
import { loginDiagnostics } from './login.js';
import { metadataDiagnostics, readMetadata } from './metadata.js';
import { TokenExaminer } from './token-examiner.js';

/** Seconds to read metadata, and to read keys. */
const READ_TIMEOUT = 10;

/**
 * Diagnoses an authorization server: its metadata and keys, and if asked for, an access token and a sign-in.
 *
 * @param token the access token, if there is one
 * @param show shows the user where to sign in
 * @throws DoctorError if the metadata cannot be read
 * @throws UsageError if the options are not valid
 */
export async function diagnose(
  examination: Examination,
  token: string | undefined,
  show: (text: string) => void,
): Promise<DoctorDiagnostic[]> {
  const { env, acrValues, maxAge, login } = examination;
  const server = examination.serverFor([]);
  const examiner = new TokenExaminer(examination);
  const found = await readMetadata(server, env, deadline());
  const { metadata } = found;
  const diagnostics = [
    ...metadataDiagnostics(found, env),
    ...(await keyDiagnostics(metadata, server, env, deadline())),
    ...acrValuesDiagnostics(metadata, examination, server),
  ];
  if (token !== undefined) {
    const requirements = {
      ...(acrValues !== undefined && { acrValues }),
      ...(maxAge !== undefined && { maxAge }),
    };
    diagnostics.push(...(await examiner.examine('access_token', token, requirements)).diagnostics);
  }
  if (login !== undefined) {
    diagnostics.push(...(await loginDiagnostics({ metadata, examination, examiner, show }, login)));
  }
  return diagnostics;
}

function deadline(): AbortSignal {
  return AbortSignal.timeout(READ_TIMEOUT * 1000);
}
