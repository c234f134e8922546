import { isLoopback } from '../core/index.js';
import { attempt } from './attempt.js';
import type { StepUpsOptions } from './step-ups.options.js';

/**
 * Reads an address, relative to that of the page if there is one: its origin, all of it, and without query and fragment.
 *
 * @throws TypeError for what is no address
 */
export function readAddress(given: string): { origin: string; href: string; url: string } {
  const { document, location } = globalThis as { document?: { baseURI?: string }; location?: { href?: string } };
  const absolute = toUrl(given);
  const { origin, pathname, href } = absolute ?? new URL(given, document?.baseURI ?? location?.href);
  // what was given, as React Native adds a slash to it; a socket has the origin of the page that opens it
  return {
    href: absolute === undefined ? href : given,
    origin: origin.replace(/^ws/, 'http'),
    url: origin + pathname,
  };
}

// not every platform has `URL.canParse`
export function toUrl(text: unknown): URL | undefined {
  return typeof text === 'string' ? attempt(() => new URL(text)) : undefined;
}

/** @throws TypeError for an origin that is none, or that would carry the token in the clear */
export function apiOrigins({ origins, allowInsecureOrigins = false }: StepUpsOptions): ReadonlySet<string> {
  if (!Array.isArray(origins) || origins.length === 0) throw new TypeError('"origins" must list at least one origin');
  for (const origin of origins as unknown[]) {
    const url = toUrl(origin);
    if (url?.origin !== origin) {
      throw new TypeError('"origins" must be scheme, host and port alone, such as "https://api.example.com"');
    }
    if (url?.protocol !== 'https:' && allowInsecureOrigins !== true && !isLoopback(url as URL)) {
      throw new TypeError('"origins" must be https: tokens can be read on the way otherwise');
    }
  }
  return new Set(origins);
}
