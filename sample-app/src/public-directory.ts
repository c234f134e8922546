import { dirname, join } from 'node:path';

/** Static files of the sample: the bank's page and the style of the authorization server's pages. */
export const PUBLIC_DIRECTORY = join(dirname(require.resolve('nestjs-step-up/package.json')), 'sample-app', 'public');
