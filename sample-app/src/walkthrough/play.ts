import { Deviation } from './deviation.js';
import { begin, red, write } from './terminal.js';

/** Milliseconds after which something hangs. */
const TIMEOUT = 60_000;

/** Runs a walkthrough. One that deviates, fails or hangs ends the process with an error. */
export function play(walkthrough: () => Promise<void>): void {
  setTimeout(() => {
    write(red('The walkthrough hangs.'));
    process.exit(1);
  }, TIMEOUT).unref();

  walkthrough().catch((error) => {
    begin('text');
    write(error instanceof Deviation ? red(`✗ ${error.message}`) : red(String(error?.stack ?? error)));
    process.exitCode = 1;
  });
}
