import type { DiagnosticSeverity } from '../core/index.js';
import type { DoctorDiagnostic, Subject } from './doctor-diagnostic.js';

const TITLES: Readonly<Record<Subject, string>> = {
  metadata: 'Metadata',
  access_token: 'Access token',
  introspection: 'Introspection',
  sign_in: 'Plain sign-in',
  acr_values: 'Sign-in with acr values',
  max_age: 'Sign-in with max_age',
};
const SYMBOLS: Readonly<Record<DiagnosticSeverity, string>> = { ok: 'ok', note: '-', warning: '!', error: 'x' };
const WIDTH = 110;

/** Returns the diagnostics as a table. The next step stands below each of them. */
export function table(issuer: string, diagnostics: readonly DoctorDiagnostic[]): string {
  const codeWidth = Math.max(...diagnostics.map(({ code }) => code.length));
  const lines = [issuer];
  for (const [subject, title] of Object.entries(TITLES)) {
    const rows = diagnostics.filter((diagnostic) => diagnostic.subject === subject);
    if (rows.length === 0) continue;
    lines.push('', title, ...rows.flatMap((diagnostic) => row(diagnostic, codeWidth)));
  }
  return `${[...lines, '', summary(diagnostics)].join('\n')}\n`;
}

function row({ severity, code, message, fix }: DoctorDiagnostic, codeWidth: number): string[] {
  const indent = ' '.repeat(2 + 2 + 2 + codeWidth + 2);
  const width = WIDTH - indent.length;
  const text = [...wrapped(message, width), ...(fix === undefined ? [] : wrapped(`> ${fix}`, width, '  '))];
  const [first, ...others] = text as [string, ...string[]];
  return [
    `  ${SYMBOLS[severity].padEnd(2)}  ${code.padEnd(codeWidth)}  ${first}`,
    ...others.map((line) => `${indent}${line}`),
  ];
}

/** Breaks a text between words. A word that is too long, such as an address, stays whole. */
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

function summary(diagnostics: readonly DoctorDiagnostic[]): string {
  const counted = (['error', 'warning', 'note'] as const)
    .map((severity) => [severity, diagnostics.filter((diagnostic) => diagnostic.severity === severity).length] as const)
    .filter(([, number]) => number > 0)
    .map(([severity, number]) => `${number} ${severity}${number === 1 ? '' : 's'}`);
  return counted.length === 0 ? 'Nothing to do.' : `${counted.join(', ')}.`;
}
