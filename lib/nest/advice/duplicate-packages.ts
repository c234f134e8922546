import { resolve } from 'node:path';
import type { Advice } from './advice.js';

// Each copy of the package has classes of its own. All copies record their location here.
const COPIES = Symbol.for('nestjs-step-up:copies');
const shared = globalThis as { [COPIES]?: Set<string> };
const copies = shared[COPIES] ?? new Set<string>();
shared[COPIES] = copies;
copies.add(resolve(__dirname, '../../..'));

/** Returns advice if the process has loaded the package from several places. */
export function duplicatePackageAdvice(): Advice[] {
  if (copies.size === 1) return [];
  return [
    {
      code: 'several_copies',
      subject: 'nestjs-step-up',
      message: `is loaded from ${[...copies].sort().join(' and ')}, and guards of one copy do not work with the module of another`,
      fix: '"npm ls nestjs-step-up" tells who brings them; keep one',
    },
  ];
}
