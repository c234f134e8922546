import type { AuthenticationRequirements } from '../core/index.js';
import { accessTokenFindings } from './access-token.js';
import { acrValuesFindings } from './acr-values.js';
import type { CommandLine } from './command-line.js';
import { configuredServer, requestedAcrValues } from './configured-server.js';
import type { Finding } from './finding.js';
import { keyFindings } from './keys.js';
import { loginFindings } from './login.js';
import { metadataFindings, readMetadata } from './metadata.js';

/** Seconds for metadata and for keys. */
const PATIENCE = 10;

/**
 * Examines an authorization server: always its metadata and keys, a token and a sign-in where that is asked for.
 *
 * @param token an access token to examine
 * @param show tells the user where to sign in
 * @throws Fault where the server cannot be examined
 * @throws UsageError where the options do not fit
 */
export async function examine(
  commandLine: CommandLine,
  token: string | undefined,
  show: (text: string) => void,
): Promise<Finding[]> {
  const server = configuredServer(commandLine, commandLine.audience);
  const acrValues = requestedAcrValues(commandLine, server);
  const found = await readMetadata(commandLine.issuer, deadline());
  const { metadata } = found;
  const findings = [
    ...metadataFindings(found),
    ...(await keyFindings(metadata, server, deadline())),
    ...acrValuesFindings(metadata, commandLine, server),
  ];
  if (token !== undefined) {
    const { maxAge } = commandLine;
    const requirements: AuthenticationRequirements = {
      ...(acrValues !== undefined && { acrValues }),
      ...(maxAge !== undefined && { maxAge }),
    };
    findings.push(...(await accessTokenFindings('access_token', token, commandLine, requirements)));
  }
  if (commandLine.login !== undefined) {
    findings.push(...(await loginFindings({ metadata, commandLine, acrValues, show }, commandLine.login)));
  }
  return findings;
}

function deadline(): AbortSignal {
  return AbortSignal.timeout(PATIENCE * 1000);
}
