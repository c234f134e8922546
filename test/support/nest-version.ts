import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const manifest = join(dirname(require.resolve('@nestjs/websockets')), 'package.json');

/** Whether the tests run on Nest 12, in which global guards reach gateways. They do not in Nest 11. */
const isNest12 = Number.parseInt(JSON.parse(readFileSync(manifest, 'utf8')).version, 10) >= 12;

/** For what only Nest 12 does. The title says so. */
export const describeInNest12 = isNest12 ? describe : describe.skip;
export const itInNest12 = isNest12 ? it : it.skip;
