import { isLoopback, StepUpConfigurationError, show } from '../core/index.js';

/** Which URLs of an authorization server are accepted. */
export interface UrlRules {
  /** The place of the server in errors, such as `authorizationServers[0]`. */
  readonly server: string;
  /** Whether http is accepted beyond loopback. */
  readonly allowInsecureRequests: boolean;
}

/**
 * Checks a URL of an authorization server.
 *
 * @param where the option that errors name
 * @throws StepUpConfigurationError if it is neither https nor http that is accepted, or carries credentials
 */
export function checkUrl(value: unknown, where: string, { server, allowInsecureRequests }: UrlRules): void {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  const isHttp = url?.protocol === 'http:';
  if (url === undefined || !(url.protocol === 'https:' || (isHttp && (allowInsecureRequests || isLoopback(url))))) {
    const accepted = allowInsecureRequests
      ? 'an https or http URL'
      : 'an https URL (http is accepted on loopback only)';
    throw new StepUpConfigurationError(
      `"${where}" must be ${accepted}, not ${shownUrl(value)}${isHttp ? waysOut(server, where) : ''}`,
    );
  }
  if (url.username !== '' || url.password !== '')
    throw new StepUpConfigurationError(`"${where}" must not carry credentials`);
}

/** Returns what to do in a network in which a server is reached by http, or at another address than its issuer. */
function waysOut(server: string, where: string): string {
  const otherAddress =
    where === `${server}.issuer`
      ? `if tokens have another "iss" and this is only an address of their server, give it in "${server}.metadataUri"; `
      : '';
  return `; ${otherAddress}in a network that you trust, set "${server}.allowInsecureRequests" to true`;
}

/** A URL may carry credentials, which no message shows. */
function shownUrl(value: unknown): string {
  return typeof value === 'string' && value.includes('@') ? 'one with an "@"' : show(value);
}
