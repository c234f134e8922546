import { dirname, join } from 'node:path';

const SOURCES = join(dirname(require.resolve('nestjs-step-up/package.json')), 'sample-app', 'src');

/** Returns the folder with the static files of a party. They are served as they are: no step builds them. */
export function publicDirectory(party: 'authorization-server' | 'bank' | 'shared'): string {
  return join(SOURCES, party, 'public');
}
