import { type MethodsReader, readClaim, secondsOf, type ToldAcr } from '../authorization-servers/index.js';
import type { AuthenticationEvent, Claims } from '../core/index.js';
import { isNumericDate, isText, isTextList } from './claim-values.js';

/** Methods and their times, in seconds since the epoch. `undefined`: not known. `NaN`: not readable. */
type DatedMethods = ReadonlyMap<string, number | undefined>;

const NO_METHODS: DatedMethods = new Map();

/** The members of an authentication event that methods can tell. */
type ToldByMethods = Pick<AuthenticationEvent, 'acrs' | 'acrTimes' | 'amr' | 'authTime'>;

/**
 * Returns what the methods of a sign-in tell by a profile. Without methods, and if the claim has another form than the
 * profile says: that the times of contexts which they date are not known, so that no other time stands in for them.
 */
export function toldByMethods(claims: Claims, path: readonly string[], reader: MethodsReader): ToldByMethods {
  const methods = READERS[reader.form](readClaim(claims, path), reader, claims['iat']);
  if (methods === undefined || methods.size === 0) {
    return reader.acrTimes.length === 0 ? {} : { acrTimes: timesOf(reader.acrTimes, NO_METHODS) };
  }
  const told = reader.acr.filter(([, alternatives]) => alternatives.some((all) => hasAll(methods, all)));
  const isDated = reader.hasTimes && reader.acr.length + reader.acrTimes.length > 0;
  const authTime = reader.authTime.map((method) => methods.get(method)).reduce(later, undefined);
  return {
    amr: Object.freeze([...methods.keys()]),
    ...(reader.acr.length > 0 && { acrs: Object.freeze(told.map(([acr]) => acr)) }),
    ...(isDated && { acrTimes: timesOf([...told, ...reader.acrTimes], methods) }),
    ...(authTime !== undefined && { authTime }),
  };
}

/** Returns `undefined` for a claim of another form. */
type ReadMethods = (claim: unknown, reader: MethodsReader, iat: unknown) => DatedMethods | undefined;

const READERS: Readonly<Record<MethodsReader['form'], ReadMethods>> = {
  list: (claim) => (isTextList(claim) ? undated(claim) : undefined),
  text: (claim) => (isText(claim) ? undated([claim]) : undefined),
  entries: (claim, { method, time, timeFormat }) => {
    if (!Array.isArray(claim) || !claim.every((entry) => isObject(entry) && isText(own(entry, method))))
      return undefined;
    const methods = new Map<string, number | undefined>();
    for (const entry of claim) {
      const name = own(entry, method) as string;
      const seconds = time === undefined ? undefined : secondsOf(own(entry, time), timeFormat);
      methods.set(name, later(methods.get(name), seconds));
    }
    return methods;
  },
  times: (claim, { timeFormat }) => {
    if (!isObject(claim)) return undefined;
    const dated = Object.entries(claim).map(([method, time]) => [method, secondsOf(time, timeFormat)] as const);
    // Only its time says that a method was used: false, null and 0 say that it was not.
    return new Map(dated.filter(([, time]) => time !== undefined && time > 0));
  },
  ages: (claim, { names, unit }, iat) => {
    if (!Array.isArray(claim) || claim.length !== names.length || !claim.every(isNumericDate)) return undefined;
    const taken = claim.flatMap((age, place) => (age < 0 ? [] : [[names[place] as string, age] as const]));
    // An age is cut to whole units, so that the method can be up to one unit older.
    return new Map(taken.map(([method, age]) => [method, isNumericDate(iat) ? iat - (age + 1) * unit : undefined]));
  },
};

function undated(methods: readonly string[]): DatedMethods {
  return new Map(methods.map((method) => [method, undefined]));
}

function timesOf(dated: readonly ToldAcr[], methods: DatedMethods): NonNullable<AuthenticationEvent['acrTimes']> {
  return Object.freeze(
    Object.fromEntries(
      dated.map(([acr, alternatives]) => [
        acr,
        alternatives.map((all) => all.map((method) => methods.get(method)).reduce(earlier)).reduce(later, undefined),
      ]),
    ),
  );
}

function hasAll(methods: DatedMethods, all: readonly string[]): boolean {
  return all.every((method) => methods.has(method));
}

/** Returns the later of two times. One that is not known does not count, one that is not readable spoils both. */
function later(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : other === undefined ? one : Math.max(one, other);
}

/** Returns the earlier of two times. One that is not known makes the result unknown. */
function earlier(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : Math.min(one, other);
}

function own(entry: object, member: string): unknown {
  return readClaim(entry as Claims, [member]);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
