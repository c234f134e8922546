// Listens to what goes over the wire, for the inspector. Changes nothing.
import { requestText, responseText } from './http-message.mjs';

/**
 * Returns a `fetch` that tells a listener of each request before it is sent and of each response once it is there.
 *
 * @param listener `sent([text], { url })` and `received([text], { url, status, body })`
 */
export function overheard(listener) {
  return async (address, init) => {
    const url = new URL(address, location.href);
    const request = new Request(url, init);
    listener.sent?.([requestText(request, await request.text())], { url });
    const response = await fetch(address, init);
    const body = await response
      .clone()
      .json()
      .catch(() => undefined);
    listener.received?.([responseText(response, body)], { url, status: response.status, body });
    return response;
  };
}
