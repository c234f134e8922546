import type { AuthenticationRequirements } from '../core/index.js';
import { accessTokenDiagnostics } from './access-token.js';
import { acrValuesDiagnostics } from './acr-values.js';
import type { CommandLine } from './command-line.js';
import { configuredServer, requestedAcrValues } from './configured-server.js';
import type { DoctorDiagnostic } from './doctor-diagnostic.js';
import { keyDiagnostics } from './keys.js';
import { loginDiagnostics } from './login.js';
import { metadataDiagnostics, readMetadata } from './metadata.js';

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
  commandLine: CommandLine,
  token: string | undefined,
  show: (text: string) => void,
): Promise<DoctorDiagnostic[]> {
  const server = configuredServer(commandLine, commandLine.audience);
  const acrValues = requestedAcrValues(commandLine, server);
  const found = await readMetadata(commandLine.issuer, deadline());
  const { metadata } = found;
  const diagnostics = [
    ...metadataDiagnostics(found),
    ...(await keyDiagnostics(metadata, server, deadline())),
    ...acrValuesDiagnostics(metadata, commandLine, server),
  ];
  if (token !== undefined) {
    const { maxAge } = commandLine;
    const requirements: AuthenticationRequirements = {
      ...(acrValues !== undefined && { acrValues }),
      ...(maxAge !== undefined && { maxAge }),
    };
    diagnostics.push(...(await accessTokenDiagnostics('access_token', token, commandLine, requirements)));
  }
  if (commandLine.login !== undefined) {
    diagnostics.push(...(await loginDiagnostics({ metadata, commandLine, acrValues, show }, commandLine.login)));
  }
  return diagnostics;
}

function deadline(): AbortSignal {
  return AbortSignal.timeout(READ_TIMEOUT * 1000);
}
