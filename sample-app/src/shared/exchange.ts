/** One HTTP request and its response, as they went over the wire. */
export interface Exchange {
  readonly request: { readonly method: string; readonly url: URL; readonly headers: Headers; readonly body: string };
  readonly response: {
    readonly status: number;
    readonly statusText: string;
    readonly headers: Headers;
    readonly body: string;
  };
}

export type Observer = (exchange: Exchange) => void;

/** A `fetch` that shows each exchange to an observer. */
export function observedFetch(observe: Observer): (url: string, options?: RequestInit) => Promise<Response> {
  return async (url, options = {}) => {
    const response = await fetch(url, options);
    observe({
      request: {
        method: options.method ?? 'GET',
        url: new URL(url),
        headers: new Headers(options.headers),
        body: options.body === undefined || options.body === null ? '' : String(options.body),
      },
      response: {
        status: response.status,
        statusText: response.statusText,
        headers: response.headers,
        body: await response.clone().text(),
      },
    });
    return response;
  };
}
