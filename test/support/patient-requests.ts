// The module gives each of its requests some seconds. A machine can be so busy that even a server in the same process does
// not answer in time, and every test with a server would watch the clock. Tests of these timeouts let them run out by hand,
// with `manualTimeouts` or a clock of their own.
const PATIENT = Symbol.for('nestjs-step-up:patient-requests');
const SECONDS = 100;

const signal = AbortSignal as typeof AbortSignal & { [PATIENT]?: true };
if (signal[PATIENT] === undefined) {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (milliseconds) => timeout(milliseconds < 1000 ? milliseconds : SECONDS * 1000);
  signal[PATIENT] = true;
}
