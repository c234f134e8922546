import { checkMembers, isAcrValue, StepUpConfigurationError } from '../core/index.js';
import { isRecord } from './record.js';
import { checkTimeFormat, type TimeFormat } from './time-format.js';

/** Methods, any of which is enough. A list within the list needs all of its methods. */
export type MethodAlternatives = readonly (string | readonly string[])[];

/**
 * How tokens tell the methods of a sign-in, and what these stand for. A method that is not named here stands for nothing.
 *
 * @see [RFC 8176](https://www.rfc-editor.org/rfc/rfc8176.html)
 */
export type AuthenticationMethods = MethodsForm & {
  /**
   * `acr` strings that the server does not tell itself, and the methods that tell them. `maxAge` then judges the time of
   * these methods if the form has times: that of the oldest method of a list within the list, and otherwise the latest.
   * Default is none.
   */
  acr?: Readonly<Record<string, MethodAlternatives>> | undefined;
  /**
   * `acr` strings that the server tells by a claim, and the methods whose time `maxAge` judges in place of `auth_time`. A
   * token without any of these methods has no such time. Needs a form with times. Default is none.
   */
  acrTimes?: Readonly<Record<string, MethodAlternatives>> | undefined;
  /**
   * Methods that are a sign-in of the user. The latest of their times is the time of the sign-in if a token has no
   * `auth_time`. Needs a form with times. Default is none.
   */
  authTime?: readonly string[] | undefined;
};

/**
 * How the claim is written. `'list'`: a list of strings. `'text'`: one string. `'entries'`: a list of objects, each with
 * the name of a method and its time. `'times'`: an object of methods and their times. `'ages'`: a list of ages at `iat`.
 * A claim of another form tells no methods. Default is `'list'`.
 */
export type MethodsForm =
  | { form?: 'list' | 'text' | undefined }
  | {
      form: 'entries';
      /** The member that names the method, such as `method`. */
      method: string;
      /** The member that has its time, such as `timestamp`. Default is none: the form has no times. */
      time?: string | undefined;
      timeFormat?: TimeFormat | undefined;
    }
  | { form: 'times'; timeFormat?: TimeFormat | undefined }
  | {
      form: 'ages';
      /** Your names for the places of the list, in its order. A list of another length tells no methods. */
      names: readonly string[];
      /** Seconds of one unit, such as `60`. A fraction of a unit counts as a whole one. A negative age is no method. */
      unit: number;
    };

/** Checked {@link AuthenticationMethods}. */
export interface MethodsReader {
  readonly form: 'list' | 'text' | 'entries' | 'times' | 'ages';
  readonly method: string;
  readonly time: string | undefined;
  readonly timeFormat: TimeFormat;
  readonly names: readonly string[];
  readonly unit: number;
  readonly hasTimes: boolean;
  readonly acr: readonly ToldAcr[];
  readonly acrTimes: readonly ToldAcr[];
  readonly authTime: readonly string[];
}

/** An `acr` string, and the alternatives that stand for it. */
export type ToldAcr = readonly [acr: string, alternatives: readonly (readonly string[])[]];

const MEANINGS = ['acr', 'acrTimes', 'authTime'];
const MEMBERS: Readonly<Record<MethodsReader['form'], readonly string[]>> = {
  list: [],
  text: [],
  entries: ['method', 'time', 'timeFormat'],
  times: ['timeFormat'],
  ages: ['names', 'unit'],
};
const FORMS = Object.keys(MEMBERS);

/**
 * Checks the methods of a profile, and fills in defaults.
 *
 * @param where the place that errors name, such as `authorizationServers[0].profile.methods`
 * @throws StepUpConfigurationError that names the member: one that the form does not have, one of the wrong type, times
 * of a form without times, or a string that both a claim and methods tell
 */
export function checkMethods(methods: unknown, where: string): MethodsReader | undefined {
  if (methods === undefined) return undefined;
  if (!isRecord(methods)) throw new StepUpConfigurationError(`"${where}" must be an object`);
  const { form = 'list', method, time, timeFormat, names = [], unit = 1, ...meanings } = methods as Given;
  if (!FORMS.includes(form))
    throw new StepUpConfigurationError(`"${where}.form" must be one of '${FORMS.join("', '")}'`);
  checkMembers(
    methods as object,
    ['form', ...MEMBERS[form], ...MEANINGS],
    (member) => `"${where}" of the form '${form}' has the unknown member "${member}"`,
  );
  if (form === 'entries' && !isText(method))
    throw new StepUpConfigurationError(`"${where}.method" must be the member that names a method`);
  if (time !== undefined && !isText(time))
    throw new StepUpConfigurationError(`"${where}.time" must be the member that has the time of a method`);
  if (form === 'ages') checkAges(names, unit, where);
  const reader: MethodsReader = Object.freeze({
    form,
    method: method ?? '',
    time,
    timeFormat: checkTimeFormat(timeFormat, `${where}.timeFormat`),
    names: Object.freeze([...names]),
    unit,
    hasTimes: form === 'times' || form === 'ages' || time !== undefined,
    acr: checkTold(meanings.acr, `${where}.acr`),
    acrTimes: checkTold(meanings.acrTimes, `${where}.acrTimes`),
    authTime: checkNames(meanings.authTime, `${where}.authTime`),
  });
  for (const member of ['acrTimes', 'authTime'] as const) {
    if (reader[member].length > 0 && !reader.hasTimes)
      throw new StepUpConfigurationError(`"${where}.${member}" needs a form with times, such as 'entries' with "time"`);
  }
  const twice = reader.acrTimes.find(([acr]) => reader.acr.some(([other]) => other === acr));
  if (twice !== undefined) {
    throw new StepUpConfigurationError(
      `"${where}.acrTimes" has "${twice[0]}", which "${where}.acr" has too; its methods there give it their time already`,
    );
  }
  return reader;
}

interface Given extends Record<string, unknown> {
  readonly form?: MethodsReader['form'];
  readonly method?: string;
  readonly time?: string;
  readonly timeFormat?: TimeFormat;
  readonly names?: readonly string[];
  readonly unit?: number;
  readonly acr?: unknown;
  readonly acrTimes?: unknown;
  readonly authTime?: unknown;
}

function checkAges(names: unknown, unit: unknown, where: string): void {
  if (!Array.isArray(names) || names.length === 0 || !names.every(isText) || new Set(names).size !== names.length) {
    throw new StepUpConfigurationError(`"${where}.names" must name each place of the list, all differently`);
  }
  if (typeof unit !== 'number' || !(unit > 0) || !Number.isFinite(unit)) {
    throw new StepUpConfigurationError(`"${where}.unit" must be the seconds of one unit, such as 60`);
  }
}

function checkTold(told: unknown, where: string): readonly ToldAcr[] {
  if (told === undefined) return [];
  if (!isRecord(told))
    throw new StepUpConfigurationError(`"${where}" must be an object of acr strings and their methods`);
  return Object.freeze(
    Object.entries(told as object).map(([acr, alternatives]: [string, unknown]): ToldAcr => {
      if (!isAcrValue(acr)) {
        throw new StepUpConfigurationError(
          `"${where}" has a string with characters that acr_values cannot carry; use printable ASCII without space, quote and backslash`,
        );
      }
      const lists = Array.isArray(alternatives)
        ? alternatives.map((one: unknown) => (Array.isArray(one) ? one : [one]))
        : [];
      if (lists.length === 0 || !lists.every((list) => list.length > 0 && list.every(isText))) {
        throw new StepUpConfigurationError(
          `"${where}.${acr}" must list methods, any of which is enough; a list within the list needs all of its methods`,
        );
      }
      return Object.freeze([acr, Object.freeze(lists.map((list) => Object.freeze([...list])))] as const);
    }),
  );
}

function checkNames(names: unknown = [], where: string): readonly string[] {
  if (!Array.isArray(names) || !names.every(isText))
    throw new StepUpConfigurationError(`"${where}" must list the methods that are a sign-in`);
  return Object.freeze([...names]);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
