import { StepUpConfigurationError } from '../../core/index.js';

/** What works, but probably not as meant. Given once for each code and subject: in the log, and to the listeners. */
export interface Advice {
  /** Stable, such as `max_age_short`. */
  readonly code: string;
  /** What it is about: a route or the issuer of an authorization server, for some codes both. */
  readonly subject: string;
  readonly message: string;
  /** The next step. */
  readonly fix?: string;
}

/** Whom advice on a token is about. An issuer that is not configured is anybody's text, and there is no end of them. */
export function subjectOf(issuer: unknown, servers: readonly { readonly issuer: string }[]): string {
  return servers.find((server) => server.issuer === issuer)?.issuer ?? 'request.user';
}

/** Advice in one sentence, as the log and errors have it. */
export function formatAdvice({ subject, message, fix }: Advice): string {
  return `${subject}: ${message}${fix === undefined ? '' : `; ${fix}`}`;
}

/** @throws TypeError that lists the advice, where there is any */
export function throwOnAdvice(advice: readonly Advice[]): void {
  if (advice.length > 0) throw new StepUpConfigurationError(`Boot audit: ${advice.map(formatAdvice).join('; ')}`);
}
