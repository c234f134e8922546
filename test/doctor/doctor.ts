import { Readable } from 'node:stream';
import { run, type Surroundings } from '../../lib/doctor/command.js';

interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface Around {
  env?: Surroundings['env'];
  /** What stands at standard input. */
  stdin?: string;
  /** Opens every address that the command asks a user to open. */
  browser?: (url: string) => Promise<unknown>;
}

/** Runs `nestjs-step-up` with these arguments, as a shell would. */
export async function nestjsStepUp(
  args: readonly string[],
  { env = {}, stdin = '', browser = refuse }: Around = {},
): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const visits: Promise<unknown>[] = [];
  const stream = (name: keyof typeof written) => ({
    write(text: string) {
      written[name] += text;
      const url = /^http.*\/authorize\?.*$/m.exec(text)?.[0];
      if (url !== undefined) visits.push(browser(url));
    },
  });
  const exitCode = await run(args, {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    env,
    stdin: Readable.from([Buffer.from(stdin)]),
  });
  await Promise.all(visits);
  return { exitCode, ...written };
}

/** Runs `nestjs-step-up doctor` with `--json` and returns its diagnostics. */
export async function diagnostics(args: readonly string[], around?: Around): Promise<Record<string, string>[]> {
  const { stdout } = await nestjsStepUp(['doctor', ...args, '--json'], around);
  return JSON.parse(stdout).diagnostics;
}

async function refuse(url: string): Promise<never> {
  throw new Error(`no user opens ${url}`);
}
