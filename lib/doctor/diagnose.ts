import type { AuthenticationRequirements } from '../core/index.js';
import { accessTokenDiagnostics } from './access-token.js';
import { acrValuesDiagnostics } from './acr-values.js';
import type { CommandLine } from './command-line.js';
import { configuredServer, requestedAcrValues } from './configured-server.js';
import type { DoctorDiagnostic } from './doctor-diagnostic.js';
import { keyDiagnostics } from './keys.js';
import { loginDiagnostics } from './login.js';
import { metadataDiagnostics, readMetadata } from './metadata.js';

/** Seconds for metadata and for keys. */
const PATIENCE = 10;

/**
 * Examines an authorization server: always its metadata and keys, a token and a sign-in where that is asked for.
 *
 * @param token an access token to examine
 * @param show tells the user where to sign in
 * @throws DoctorError where the server cannot be examined
 * @throws UsageError where the options do not fit
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
  return AbortSignal.timeout(PATIENCE * 1000);
}
