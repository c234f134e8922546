import { access, constants } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type AuthorizationServerProfile,
  PROFILE_MEMBERS,
  type ServerOptions,
} from '../authorization-servers/index.js';
import { quoted, quotedList } from './quoted.js';
import { readTextFile } from './text-file.js';
import { UsageError } from './usage-error.js';

/** What the file of `--config` describes: authorization servers, or a profile of one that the command line names. */
export type Config =
  | {
      readonly kind: 'servers';
      readonly servers: readonly ServerOptions[];
      /** Returns where a server is in the file. */
      readonly where: (index: number) => string;
    }
  | { readonly kind: 'profile'; readonly profile: AuthorizationServerProfile };

/** Exports that can hold the options, in the order in which they are looked for. */
const EXPORTS = ['default', 'stepUpOptions', 'options'] as const;
const EXPECTED = 'the options of StepUpModule, an authorization server of them, or a profile';
const UNREADABLE = '"--config" must be a readable file';
const MAX_BYTES = 1_048_576;

/**
 * Reads the file of `--config`: JSON, or a JavaScript module with the options as its default export, or as one named
 * `stepUpOptions` or `options`. A module runs, and so does a function without parameters that returns the options, such as
 * the one that `nest add` writes. What it holds is not checked further.
 *
 * @throws UsageError that says what the file has, and what it must have. It repeats no value of the file.
 */
export async function readConfig(path: string): Promise<Config> {
  switch (extname(path)) {
    case '.json':
      return configOf(parsed(await readTextFile(path, MAX_BYTES, UNREADABLE)));
    case '.js':
    case '.mjs':
    case '.cjs':
      return configOf(await returnedBy(exportedBy(await load(path))));
    case '.ts':
    case '.mts':
    case '.cts':
      throw new UsageError('"--config" is TypeScript: give the JavaScript that is compiled from it, or JSON');
    default:
      throw new UsageError('"--config" must be a .json, .js, .mjs or .cjs file');
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // The message of the parser quotes the file.
    throw new UsageError('The file of "--config" is not valid JSON');
  }
}

async function load(path: string): Promise<unknown> {
  await access(path, constants.R_OK).catch(() => {
    throw new UsageError(UNREADABLE);
  });
  try {
    return await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    throw new UsageError(
      `The module of "--config" cannot be loaded (${kindOf(error)}): run it with node, which shows why`,
    );
  }
}

/** Returns the kind of an error without its message, which can quote what the module has read. */
function kindOf(error: unknown): string {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return [name, code]
    .filter((part) => typeof part === 'string')
    .map(quoted)
    .join(', ');
}

/** Returns what a function returns if it needs nothing, and any other value as it is. */
async function returnedBy(value: unknown): Promise<unknown> {
  if (typeof value !== 'function' || value.length > 0) return value;
  try {
    return await value();
  } catch (error) {
    throw new UsageError(
      `The function of "--config" throws (${kindOf(error)}): set the variables that it reads, or call it with node, which ` +
        'shows why',
    );
  }
}

/** Returns what a module exports under one of the names. What CommonJS exports is a default export, in two forms. */
function exportedBy(module: unknown): unknown {
  let value = module;
  for (let name = nameIn(value); name !== undefined; name = nameIn(value))
    value = (value as Record<string, unknown>)[name];
  return value;
}

function nameIn(value: unknown): (typeof EXPORTS)[number] | undefined {
  return isObject(value) ? EXPORTS.find((name) => value[name] !== undefined) : undefined;
}

function configOf(value: unknown): Config {
  if (isObject(value)) {
    const { authorizationServers, issuer } = value;
    if (isServerList(authorizationServers)) {
      return { kind: 'servers', servers: authorizationServers, where: (index) => `authorizationServers[${index}]` };
    }
    if (typeof issuer === 'string') {
      return { kind: 'servers', servers: [value as unknown as ServerOptions], where: () => 'server' };
    }
    const members = Object.keys(value);
    if (members.length > 0 && members.every((member) => PROFILE_MEMBERS.has(member))) {
      return { kind: 'profile', profile: value as AuthorizationServerProfile };
    }
  }
  throw new UsageError(`The file of "--config" must have ${EXPECTED}; it has ${described(value)}`);
}

function described(value: unknown): string {
  if (typeof value === 'function') return 'a function that needs arguments';
  if (Array.isArray(value)) return 'a list';
  if (!isObject(value)) return value === undefined || value === null ? 'nothing' : `a ${typeof value}`;
  if ('authorizationServers' in value) return 'no list of servers, each with its issuer, in "authorizationServers"';
  if ('resolveAuthorizationServer' in value) {
    return 'servers that "resolveAuthorizationServer" returns at run time: export the options of one of them';
  }
  const members = Object.keys(value);
  return members.length === 0 ? 'an empty object' : quotedList(members);
}

function isServerList(value: unknown): value is readonly ServerOptions[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((server) => isObject(server) && typeof server['issuer'] === 'string')
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
