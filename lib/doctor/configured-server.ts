import {
  type AuthorizationServer,
  type AuthorizationServerProfile,
  checkAuthorizationServers,
  profiles,
} from '../authorization-servers/index.js';
import type { CommandLine } from './command-line.js';
import { printable } from './quoted.js';
import { UsageError } from './usage-error.js';

/** The audience if none is known. No token names it. */
const NO_AUDIENCE = '(none)';

/**
 * Returns the server as an application would configure it.
 *
 * @throws UsageError if the options are not valid
 */
export function configuredServer(
  { issuer, acr, profile, claims }: CommandLine,
  audience: readonly string[],
): AuthorizationServer {
  const facts = factsOf({ profile });
  try {
    const servers = checkAuthorizationServers([
      {
        issuer,
        audience: audience.length > 0 ? audience : NO_AUDIENCE,
        profile: { ...facts, claims: { ...facts.claims, ...claims } },
        ...(Object.keys(acr).length > 0 && { acr }),
      },
    ]);
    return servers[0] as AuthorizationServer;
  } catch (error) {
    throw new UsageError(printable((error as Error).message.replaceAll('authorizationServers[0].', '--')));
  }
}

/** Returns the strings of the server that satisfy any of the given words; `undefined` without words. */
export function requestedAcrValues({ acr }: CommandLine, server: AuthorizationServer): readonly string[] | undefined {
  const words = Object.keys(acr);
  return words.length === 0 ? undefined : server.vocabulary.stringsFor(words);
}

/** Returns the profile that the command line names. Default is an empty one. */
export function factsOf({ profile }: Pick<CommandLine, 'profile'>): AuthorizationServerProfile {
  return profile === undefined ? {} : profiles[profile];
}
