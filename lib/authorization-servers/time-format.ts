import { MILLISECONDS_FROM, StepUpConfigurationError } from '../core/index.js';

/** How a claim writes a time: seconds or milliseconds since the epoch, or a text of RFC 3339. Default is `'seconds'`. */
export type TimeFormat = 'seconds' | 'milliseconds' | 'rfc3339';

/** `date-time` of RFC 3339 §5.6, with its offset. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

const READERS: Readonly<Record<TimeFormat, (time: unknown) => number>> = {
  seconds: (time) => (typeof time === 'number' ? time : Number.NaN),
  milliseconds: (time) => (typeof time === 'number' && time > MILLISECONDS_FROM ? time / 1000 : Number.NaN),
  rfc3339: (time) => (typeof time === 'string' && RFC_3339.test(time) ? Date.parse(time) / 1000 : Number.NaN),
};

/**
 * Returns a time of a claim in seconds since the epoch; `undefined` for `undefined` and `null`. `NaN`, which never
 * satisfies, for a value that is not written in the format. Seconds are not checked: `assess` does.
 */
export function secondsOf(time: unknown, format: TimeFormat): number | undefined {
  return time === undefined || time === null ? undefined : READERS[format](time);
}

/** @throws StepUpConfigurationError for another format */
export function checkTimeFormat(format: TimeFormat | undefined, where: string): TimeFormat {
  const formats = Object.keys(READERS);
  if (format !== undefined && !formats.includes(format))
    throw new StepUpConfigurationError(`"${where}" must be one of '${formats.join("', '")}'`);
  return format ?? 'seconds';
}
