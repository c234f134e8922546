import type { Examined, Finding, Level } from './finding.js';

const TITLES: Readonly<Record<Examined, string>> = {
  metadata: 'Metadata',
  access_token: 'Access token',
  sign_in: 'Plain sign-in',
  acr_values: 'Sign-in with acr values',
  max_age: 'Sign-in with max_age',
};
const SYMBOLS: Readonly<Record<Level, string>> = { ok: 'ok', note: '-', warning: '!', error: 'x' };
const WIDTH = 110;

/** The findings as a table, each with what to do about it below. */
export function table(issuer: string, findings: readonly Finding[]): string {
  const codeWidth = Math.max(...findings.map(({ code }) => code.length));
  const lines = [issuer];
  for (const [about, title] of Object.entries(TITLES)) {
    const rows = findings.filter((finding) => finding.about === about);
    if (rows.length === 0) continue;
    lines.push('', title, ...rows.flatMap((finding) => row(finding, codeWidth)));
  }
  return `${[...lines, '', summary(findings)].join('\n')}\n`;
}

function row({ level, code, message, fix }: Finding, codeWidth: number): string[] {
  const indent = ' '.repeat(2 + 2 + 2 + codeWidth + 2);
  const width = WIDTH - indent.length;
  const text = [...wrapped(message, width), ...(fix === undefined ? [] : wrapped(`> ${fix}`, width, '  '))];
  const [first, ...others] = text as [string, ...string[]];
  return [
    `  ${SYMBOLS[level].padEnd(2)}  ${code.padEnd(codeWidth)}  ${first}`,
    ...others.map((line) => `${indent}${line}`),
  ];
}

/** Breaks a text between words. A word that is too long, an address as a rule, stays whole. */
function wrapped(text: string, width: number, hanging = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = hanging + word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function summary(findings: readonly Finding[]): string {
  const counted = (['error', 'warning', 'note'] as const)
    .map((level) => [level, findings.filter((finding) => finding.level === level).length] as const)
    .filter(([, number]) => number > 0)
    .map(([level, number]) => `${number} ${level}${number === 1 ? '' : 's'}`);
  return counted.length === 0 ? 'Nothing to do.' : `${counted.join(', ')}.`;
}
