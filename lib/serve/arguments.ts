import { type ParseArgsConfig, parseArgs } from 'node:util';
import { isAcrValue } from '../core/index.js';

/** The command is not understood. The message says what is wrong with it. */
export class UsageError extends Error {}

export interface Output {
  write(text: string): unknown;
}

/** The parts of the process that the commands use. */
export interface Surroundings {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The port of the server, unless the user names another. */
export const DEFAULT_PORT = 9000;

/**
 * Reads options that have a value each, and `--help`.
 *
 * @throws UsageError for anything else
 */
export function readOptions<T extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ options: T }>>['values'] {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** @throws UsageError for a port that is not an integer from 0 to 65535 */
export function readPort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new UsageError('"--port" must be an integer from 0 to 65535');
}

/** @throws UsageError for a string that a challenge could not name */
export function checkAcr(value: string): string {
  if (isAcrValue(value)) return value;
  throw new UsageError('"--acr" must be printable ASCII without space, quote and backslash');
}

/** Writes an error for the person at the terminal. Returns the exit code. */
export function fail(error: unknown, { stderr }: Surroundings, usage: string): 1 | 2 {
  stderr.write(`nestjs-step-up: ${error instanceof Error ? error.message : String(error)}\n`);
  if (!(error instanceof UsageError)) return 1;
  stderr.write(`\n${usage}`);
  return 2;
}
