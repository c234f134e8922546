#!/usr/bin/env node
import { run } from '../doctor/command.js';

// A reader such as `head` can end before the output does.
for (const output of [process.stdout, process.stderr]) output.on('error', () => process.exit(process.exitCode ?? 2));

const [command, ...args] = process.argv.slice(2);

/** Runs the command. Loads what it needs alone: only some commands need Nest. */
async function main(): Promise<void> {
  switch (command) {
    case 'routes': {
      const { runRoutes } = await import('../routes/index.js');
      const exitCode = await runRoutes(args, process);
      // An application can leave connections open, which would keep the process.
      process.stdout.write('', () => process.exit(exitCode));
      return;
    }
    case 'serve': {
      const { runServe } = await import('../serve/index.js');
      const stop = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
      process.exitCode = await runServe(args, process, stop.signal);
      return;
    }
    case 'token': {
      const { runToken } = await import('../serve/index.js');
      process.exitCode = await runToken(args, process);
      return;
    }
    default:
      process.exitCode = await run(process.argv.slice(2), process);
  }
}

void main();
