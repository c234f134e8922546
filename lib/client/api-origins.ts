import { isLoopback } from '../core/index.js';
import { attempt } from './attempt.js';
import { checkRequired, type Kind } from './check.js';
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
    href: absolute ? given : href,
    origin: origin.replace(/^ws/, 'http'),
    url: origin + pathname,
  };
}

// not every platform has `URL.canParse`
export function toUrl(text: string): URL | undefined {
  return attempt(() => new URL(text));
}

const ORIGINS: Kind = [
  'a list such as ["https://api.example.com"]',
  (value) => Array.isArray(value) && value.length > 0 && value.every((origin) => toUrl(origin)?.origin === origin),
];

const SECURE: Kind = [
  'https unless "allowInsecureOrigins" is true',
  (value) => (value as string[]).every((origin) => origin.startsWith('https:') || isLoopback(new URL(origin))),
];

/** @throws TypeError for an origin that is none, or that would carry the token in the clear */
export function apiOrigins(options: StepUpsOptions): ReadonlySet<string> {
  checkRequired(options, ORIGINS, ['origins']);
  if (options.allowInsecureOrigins !== true) checkRequired(options, SECURE, ['origins']);
  return new Set(options.origins);
}
