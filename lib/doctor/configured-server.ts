import {
  type AuthorizationServer,
  type AuthorizationServerProfile,
  checkAuthorizationServers,
  profiles,
} from '../authorization-servers/index.js';
import type { CommandLine } from './command-line.js';
import { printable } from './quoted.js';
import { UsageError } from './usage-error.js';

/** Stands where no audience is known; no token names it. */
const NO_AUDIENCE = '(none)';

/**
 * The server as an application would configure it.
 *
 * @throws UsageError where the options do not fit
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

/** The strings of the server that satisfy any of the given words; `undefined` where none are given. */
export function requestedAcrValues({ acr }: CommandLine, server: AuthorizationServer): readonly string[] | undefined {
  const words = Object.keys(acr);
  return words.length === 0 ? undefined : server.vocabulary.stringsFor(words);
}

/** The facts of the named profile, which decide about no token. Empty without one. */
export function factsOf({ profile }: Pick<CommandLine, 'profile'>): AuthorizationServerProfile {
  return profile === undefined ? {} : profiles[profile];
}
