import { isLoopback, StepUpConfigurationError, show } from '../core/index.js';

/**
 * Checks a URL of an authorization server.
 *
 * @param where the option that errors name
 * @throws StepUpConfigurationError if it is neither https nor http on loopback, or carries credentials
 */
export function checkUrl(value: unknown, where: string): void {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)))) {
    throw new StepUpConfigurationError(
      `"${where}" must be an https URL (http is accepted on loopback only), not ${shownUrl(value)}`,
    );
  }
  if (url.username !== '' || url.password !== '')
    throw new StepUpConfigurationError(`"${where}" must not carry credentials`);
}

/** A URL may carry credentials, which no message shows. */
function shownUrl(value: unknown): string {
  return typeof value === 'string' && value.includes('@') ? 'one with an "@"' : show(value);
}
