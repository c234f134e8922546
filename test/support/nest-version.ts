import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const manifest = join(dirname(require.resolve('@nestjs/websockets')), 'package.json');

/** Whether the tests run on Nest 12, in which global guards reach gateways. They do not in Nest 11. */
export const isNest12 = Number.parseInt(JSON.parse(readFileSync(manifest, 'utf8')).version, 10) >= 12;

/** For what only one of them does. The title says so. */
export const describeInNest11 = isNest12 ? describe.skip : describe;
export const describeInNest12 = isNest12 ? describe : describe.skip;
