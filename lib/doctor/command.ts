import { readCommandLine } from './command-line.js';
import { readConfig } from './config.js';
import { diagnose } from './diagnose.js';
import { type DoctorDiagnostic, DoctorError, exitCodeOf } from './doctor-diagnostic.js';
import { type Examination, examinationOf } from './examination.js';
import { readIntrospection } from './introspection-options.js';
import { printable } from './quoted.js';
import { table } from './report.js';
import { readToken, type TokenSources } from './token-source.js';
import { SYNOPSIS, USAGE } from './usage.js';
import { UsageError } from './usage-error.js';
import { packageVersion } from './version.js';

interface Output {
  write(text: string): unknown;
}

/** The parts of the process that the command uses. */
export interface Surroundings extends TokenSources {
  readonly stdout: Output;
  readonly stderr: Output;
}

/**
 * Runs the command `nestjs-step-up`. Writes diagnostics to standard output, and an error in one sentence to standard
 * error. Never rejects.
 *
 * @param args without the names of the interpreter and of the script
 * @returns the exit code: `0` if nothing is to be done, `1` if a diagnostic asks for a change, `2` if the doctor cannot
 * read the server or does not understand the command
 */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, env } = surroundings;
  let examination: Examination | undefined;
  let isJson = false;
  try {
    const read = readCommandLine(args, env);
    if (read === 'help') {
      stdout.write(USAGE);
      return 0;
    }
    if (read === 'version') {
      stdout.write(`${packageVersion()}\n`);
      return 0;
    }
    isJson = read.json;
    examination = examinationOf({
      commandLine: read,
      introspection: read.introspection && (await readIntrospection(read.introspection, env)),
      config: read.config === undefined ? undefined : await readConfig(read.config),
      env,
    });
    const token = await readToken(read.token, surroundings);
    if (read.introspection !== undefined && token === undefined && read.login === undefined) {
      throw new UsageError('"--introspect" needs a token: "--token" or "--login"');
    }
    // With --json a script reads standard output, so it has the result alone.
    const terminal = isJson ? stderr : stdout;
    const diagnostics = await diagnose(examination, token, (text) => terminal.write(text));
    const exitCode = exitCodeOf(diagnostics);
    const { issuer } = examination;
    stdout.write(isJson ? json(issuer, diagnostics, exitCode) : table(printable(issuer), diagnostics));
    return exitCode;
  } catch (error) {
    stderr.write(`nestjs-step-up: ${explain(error)}\n`);
    if (error instanceof UsageError && error.showsUsage) stderr.write(`\n${SYNOPSIS}`);
    if (error instanceof DoctorError && examination !== undefined && isJson)
      stdout.write(json(examination.issuer, [asDiagnostic(error)], 2));
    return 2;
  }
}

function explain(error: unknown): string {
  if (error instanceof DoctorError) return error.message;
  const { name, message } = error as Error;
  if (error instanceof UsageError) return `${message} (--help shows the options)`;
  return `an unexpected error, please report it: ${name}: ${printable(message)}`;
}

function asDiagnostic({ code, message }: DoctorError): DoctorDiagnostic {
  return { subject: 'metadata', code, severity: 'error', message };
}

function json(issuer: string, diagnostics: readonly DoctorDiagnostic[], exitCode: number): string {
  // Printable, because the text contains the issuer as given.
  return `${JSON.stringify({ issuer, diagnostics, exitCode }, null, 2).split('\n').map(printable).join('\n')}\n`;
}
