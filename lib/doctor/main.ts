#!/usr/bin/env node
import { run } from './command.js';

// A reader such as `head` can end before the output does.
for (const output of [process.stdout, process.stderr]) output.on('error', () => process.exit(process.exitCode ?? 2));

void run(process.argv.slice(2), process).then((exitCode) => {
  process.exitCode = exitCode;
});
