import { fileURLToPath } from 'node:url';

/** Where the tests leave what the page looked like; emptied at the start of a run. */
export const SCREENSHOTS = fileURLToPath(new URL('screenshots', import.meta.url));
