import type { AuthorizationServer, AuthorizationServerProfile } from '../authorization-servers/index.js';
import { closestMatch } from '../core/index.js';
import type { AuthorizationServerMetadata } from '../token/index.js';
import type { DoctorDiagnostic } from './doctor-diagnostic.js';
import type { Examination } from './examination.js';
import { printable, quoted, quotedList } from './quoted.js';

/** A word of the application. A string of a server seldom looks like this. */
const WORD = /^[A-Za-z][\w-]*$/;
/** Offered strings that a missing one is compared with. */
const MAX_COMPARED = 1000;

/**
 * Diagnoses which acr values the server offers, and whether the given words stand for them. A server that publishes
 * none can still honor `acr_values`.
 *
 * @see [RFC 9470 §7](https://www.rfc-editor.org/rfc/rfc9470.html#section-7)
 */
export function acrValuesDiagnostics(
  metadata: AuthorizationServerMetadata,
  { profile, words }: Examination,
  { vocabulary }: AuthorizationServer,
): DoctorDiagnostic[] {
  const published = metadata['acr_values_supported'];
  const { acrValues, title } = profile;
  const offered = Array.isArray(published) ? published : acrValues;
  if (offered === undefined) {
    return [
      {
        subject: 'metadata',
        code: 'acr_values_unpublished',
        severity: 'note',
        message: 'acr_values_supported is not published: only a sign-in shows whether the server knows a value',
        fix: 'Try one with --login.',
      },
    ];
  }
  const message = offered.length === 0 ? 'acr_values_supported is empty' : `offered are ${quotedList(offered)}`;
  const values: DoctorDiagnostic =
    offered === published
      ? { subject: 'metadata', code: 'acr_values_published', severity: 'ok', message }
      : {
          subject: 'metadata',
          code: 'acr_values_assumed',
          severity: 'note',
          message: `${message}, by the profile of ${title === undefined ? '--config' : printable(title)}`,
        };
  const resolved = words.map((word) => resolve(word, vocabulary.stringsFor([word]), offered, profile));
  return [values, ...resolved];
}

function resolve(
  word: string,
  strings: readonly string[],
  offered: readonly unknown[],
  profile: AuthorizationServerProfile,
): DoctorDiagnostic {
  const subject = 'metadata';
  const offersNoLevels = hasNoLevels(offered, profile);
  const unknown = strings.filter((string) => !offered.includes(string));
  const isMapped = strings.length > 1 || strings[0] !== word;
  if (offersNoLevels && unknown.length < strings.length) {
    const what = isMapped ? `${quoted(word)} means ${quotedList(strings)}, and` : `for ${quoted(word)}`;
    const message = `${what} any sign-in is enough, because the server has no levels`;
    return { subject, code: 'acr_value_default', severity: 'warning', message, fix: stepsToLevels(profile) };
  }
  const meaning = isMapped ? `${quoted(word)} means ${quotedList(strings)}:` : `${quoted(word)} is`;
  if (unknown.length === 0)
    return { subject, code: 'acr_value_offered', severity: 'ok', message: `${meaning} offered` };
  const message =
    unknown.length === strings.length ? `${meaning} not offered` : `${meaning} offered, except ${quotedList(unknown)}`;
  const fix = offersNoLevels ? stepsToLevels(profile) : fixFor(word, unknown[0] as string, offered);
  return { subject, code: 'acr_value_unknown', severity: 'warning', message, fix };
}

/** Returns whether a server offers only what it does before an administrator has set up any levels. */
export function hasNoLevels(offered: unknown, { defaultAcrValues = [] }: AuthorizationServerProfile): boolean {
  return Array.isArray(offered) && offered.length > 0 && offered.every((value) => defaultAcrValues.includes(value));
}

/** Names the first of the administrator's steps. */
export function stepsToLevels({ title, steps = [] }: AuthorizationServerProfile): string {
  const [first] = steps;
  return [
    'Set up levels at the server.',
    ...(title === undefined ? [] : [`docs/authorization-servers.md has the steps, under "${printable(title)}".`]),
    ...(first === undefined ? [] : [`The first: ${printable(first)}`]),
  ].join(' ');
}

function fixFor(word: string, unknown: string, offered: readonly unknown[]): string {
  if (offered.length === 0) return 'Configure it at the server.';
  const strings = offered.slice(0, MAX_COMPARED).filter((value) => typeof value === 'string');
  const nearest = closestMatch(unknown, strings);
  const differsInCase = nearest?.toLowerCase() === unknown.toLowerCase();
  if (nearest === undefined || (WORD.test(unknown) && !differsInCase)) {
    return `Give the string it stands for: --acr ${word}=<an offered value>.`;
  }
  return `Did you mean ${quoted(nearest)}? If not, configure it at the server.`;
}
