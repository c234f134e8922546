import { checkResolvedServer, type Vocabulary } from '../../authorization-servers/index.js';
import { BoundedMap, ResolvedServers } from '../../token/index.js';
import { RESOLVED_SERVERS } from '../advice/advice.js';
import { adviceOnInsecureRequests } from '../advice/insecure-requests.js';
import type { StepUpLog } from '../advice/log.js';
import { TokenAdvice } from '../refusal/token-advice.js';
import { adviceOnUndeclaredWord } from '../requirements/undeclared-word.js';
import type { Vocabularies } from '../requirements/vocabularies.js';
import { type StepUpSettings, withAudience } from '../step-up-settings.js';

/** Vocabularies that servers with equal words share. */
const MAX_VOCABULARIES = 1000;

/**
 * Returns the authorization servers that the application resolves at run time; `undefined` without the option. Gives
 * advice on each of them that can be given at boot for a configured one.
 */
export function resolvedServers(
  settings: StepUpSettings,
  log: StepUpLog,
  vocabularies: Vocabularies,
): ResolvedServers | undefined {
  const { resolveAuthorizationServer, servers, passport } = settings;
  if (resolveAuthorizationServer === undefined) return undefined;
  const advice = new TokenAdvice(settings, log);
  const shared = new BoundedMap<string, Vocabulary>(MAX_VOCABULARIES);
  const resolved = new ResolvedServers({
    resolve: (issuer) => resolveAuthorizationServer(issuer),
    check: (answer, issuer, resolved) =>
      checkResolvedServer(withAudience(answer, settings.protectedResource?.resource), issuer, {
        configured: servers,
        passport,
        vocabularies: shared,
        resolved,
      }),
    failed: (failure) => advice.noteUnavailable(failure),
  });
  resolved.onAccept((server) => {
    for (const one of adviceOnInsecureRequests(server)) {
      log.advise({ ...one, subject: RESOLVED_SERVERS, message: `${server.issuer}: ${one.message}` });
    }
    for (const undeclared of vocabularies.declare(server.vocabulary)) log.advise(adviceOnUndeclaredWord(undeclared));
  });
  return resolved;
}
