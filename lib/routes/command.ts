import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ApplicationError, messageOf, routesOf } from './application.js';
import { FORMATS, type Format, printable } from './formats.js';

interface Output {
  write(text: string): unknown;
}

const USAGE = `Usage: nestjs-step-up routes <file> [options]

Prints what each handler of an application requires, for a security review. Boots the application of the compiled
file, such as dist/app.module.js, without listening. Hooks of its modules run, such as connections to a database.

  --format <format>  table, markdown or json. Default is table
  --module <name>    the export that is the root module. Default is AppModule, or the only module of the file
  --set-up <name>    an exported function that sets up the application as your main file does: global guards,
                     prefix, versions. It receives the application. Default is none

Exit code 0: printed. 1: the application does not boot. 2: the command is not understood.
`;

/**
 * Runs the command `nestjs-step-up routes`. Writes the routes to standard output, and errors and warnings to standard
 * error. Never rejects.
 *
 * @param args without the name of the command
 * @returns the exit code: `0` if the routes are printed, `1` if the application does not boot, `2` for wrong usage
 */
export async function runRoutes(
  args: readonly string[],
  { stdout, stderr }: { readonly stdout: Output; readonly stderr: Output },
): Promise<number> {
  const read = readArguments(args);
  if (typeof read === 'string') {
    const isHelp = read === 'help';
    (isHelp ? stdout : stderr).write(isHelp ? USAGE : `nestjs-step-up: ${read}\n\n${USAGE}`);
    return isHelp ? 0 : 2;
  }
  try {
    const routes = await routesOf({ ...read, warn: (text) => stderr.write(`${String(text)}\n`) });
    stdout.write(FORMATS[read.format](routes));
    return 0;
  } catch (error) {
    const why = error instanceof ApplicationError ? '' : 'the application does not boot: ';
    stderr.write(`nestjs-step-up: ${why}${printable(messageOf(error))}\n`);
    return 1;
  }
}

interface Arguments {
  readonly file: string;
  readonly format: Format;
  readonly module: string | undefined;
  readonly setUp: string | undefined;
}

/** Returns the arguments; a text that says what is wrong with them; or `help`. */
function readArguments(args: readonly string[]): Arguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        format: { type: 'string', default: 'table' },
        help: { type: 'boolean', short: 'h' },
        module: { type: 'string' },
        'set-up': { type: 'string' },
      },
    });
    if (values.help === true) return 'help';
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) return '"routes" takes one file, such as dist/app.module.js';
    const { format } = values;
    if (!Object.hasOwn(FORMATS, format)) return `"--format" must be one of ${Object.keys(FORMATS).join(', ')}`;
    return { file: resolve(file), format: format as Format, module: values.module, setUp: values['set-up'] };
  } catch (error) {
    return (error as Error).message;
  }
}
