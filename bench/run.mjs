// npm run bench: ratios of one run on this machine, beside their budgets. Not a test: machines are noisy.
import { http } from './http.mjs';
import { inProcess } from './in-process.mjs';

console.log(`Node ${process.version}`);
const report = (what, value, budget, atLeast = false) => {
  const kept = atLeast ? value >= budget : value <= budget;
  const bound = budget === undefined ? '' : `  budget ${atLeast ? '≥' : '≤'} ${budget}  ${kept ? 'kept' : 'MISSED'}`;
  console.log(`${what.padEnd(58)} ${value.toFixed(2).padStart(8)}${bound}`);
};
await inProcess(report);
await http(report);
