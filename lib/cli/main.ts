#!/usr/bin/env node
import { run } from '../doctor/command.js';
import { runRoutes } from '../routes/index.js';

// A reader such as `head` can end before the output does.
for (const output of [process.stdout, process.stderr]) output.on('error', () => process.exit(process.exitCode ?? 2));

const [command, ...args] = process.argv.slice(2);
if (command === 'routes') {
  // An application can leave connections open, which would keep the process.
  void runRoutes(args, process).then((exitCode) => process.stdout.write('', () => process.exit(exitCode)));
} else {
  void run(process.argv.slice(2), process).then((exitCode) => {
    process.exitCode = exitCode;
  });
}
