// What the package promises of its log: a code at the beginning of each line, one line for each code and subject within an
// hour, and no token, proof, claim set or secret.

/** @returns what breaks the promise */
export function brokenPromises(lines, secrets) {
  const faults = [];
  const seen = new Set();
  for (const { level, message, context } of lines) {
    if (context !== 'StepUp') {
      if (level !== 'log') faults.push(`a line of ${context}: ${message}`);
      continue;
    }
    const [, code, subject] = /^\[(\w+)\] (?:(.+?): )?/s.exec(message) ?? [];
    if (code === undefined) faults.push(`a line without code: ${message}`);
    const key = `${code} ${subject}`;
    if (level !== 'log' && seen.has(key)) faults.push(`a second line of ${key}: ${message}`);
    seen.add(key);
    const isTold =
      /eyJ[\w-]{8}|opaque-[0-9a-f]{8}|user-\d/.test(message) || secrets.some((one) => message.includes(one));
    if (isTold) faults.push(`a line with a token, claim or secret: ${message}`);
  }
  return faults;
}
