import { isLoopback, StepUpConfigurationError } from '../core/index.js';

/**
 * Checks an address of an authorization server.
 *
 * @param where named in the error
 * @throws TypeError unless it is an https URL without credentials, or an http one that stays on this machine
 */
export function checkUrl(value: unknown, where: string): void {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)))) {
    throw new StepUpConfigurationError(`"${where}" must be an https URL (http is accepted on loopback only)`);
  }
  if (url.username !== '' || url.password !== '')
    throw new StepUpConfigurationError(`"${where}" must not carry credentials`);
}
