// Where the client is run beside the Node of this machine: files that a test runner is given, and its command.
const PLAY = `
test('steps up', async () => {
  expect(typeof document).toBe('object');
  expect(await play(process.env.API, client)).toEqual(expected);
});
`;

export const files = {
  'vitest.test.mjs': `
import { createRequire } from 'node:module';
import * as client from 'nestjs-step-up/client';
import { expect, test } from 'vitest';
const { expected, play } = createRequire(import.meta.url)('./environment.cjs');
${PLAY}`,
  'jest.test.js': `
const client = require('nestjs-step-up/client');
const { expected, play } = require('./environment.cjs');
${PLAY}`,
  // the environment as it comes: it has no fetch
  'jest-jsdom.test.js': `
const client = require('nestjs-step-up/client');
const { expected, play } = require('./environment.cjs');
test('is refused when it is made', () => {
  const options = { origins: ['https://api.example.com'], accessToken: () => 't1', stepUp: async () => 't2' };
  expect(typeof fetch).toBe('undefined');
  expect(() => client.stepUpFetch(options)).toThrow(new TypeError('"fetch" must be a function'));
});
describe('with whatwg-fetch', () => {
  beforeAll(() => require('whatwg-fetch'));
${PLAY}
});`,
  // as browserify resolves, and Metro did before React Native 0.79
  'resolve.cjs': `
const file = require('resolve').sync('nestjs-step-up/client', { basedir: __dirname });
if (typeof require(file).stepUpFetch !== 'function') throw new Error('Not the client');
`,
};

export const environments = {
  'Vitest with jsdom': ['vitest', 'run', 'vitest.test.mjs', '--environment', 'jsdom'],
  'Vitest with happy-dom': ['vitest', 'run', 'vitest.test.mjs', '--environment', 'happy-dom'],
  'Jest with jsdom, and whatwg-fetch': ['jest', 'jest-jsdom.test.js', '--env', 'jsdom'],
  'Jest with jsdom (jest-fixed-jsdom)': ['jest', 'jest.test.js', '--env', 'jest-fixed-jsdom'],
  'A resolver without exports': ['node', 'resolve.cjs'],
};
