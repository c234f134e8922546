// Runs a spec file in this process, by the parts that Jest is made of. It shares with others what is in node_modules.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { jestExpect } from '@jest/expect';
import { ModernFakeTimers } from '@jest/fake-timers';
import { addEventHandler, getState, default as globals, resetState, run } from 'jest-circus';
import { ModuleMocker } from 'jest-mock';
import { actualModule, loadAnew, replaceModule } from './fresh-modules.mjs';

const { testTimeout: TEST_TIMEOUT } = createRequire(import.meta.url)('../../jest.config.js');
const mocker = new ModuleMocker(globalThis);
// As in Jest, not the timers of Node itself: fake timers know the true global object, and would fake node:timers too.
const timers = new ModernFakeTimers({ global: new Proxy(globalThis, {}), config: { fakeTimers: {} } });
let current;

const methods = (object, names) => Object.fromEntries(names.map((name) => [name, object[name].bind(object)]));
Object.assign(globalThis, globals, { expect: jestExpect });
globalThis.jest = {
  ...methods(mocker, ['fn', 'spyOn', 'mocked', 'replaceProperty', 'clearAllMocks', 'restoreAllMocks']),
  ...methods(timers, ['useFakeTimers', 'useRealTimers', 'setSystemTime', 'getTimerCount', 'runAllTimersAsync']),
  ...methods(timers, ['advanceTimersByTime', 'advanceTimersByTimeAsync']),
  mock: (request, factory) => replaceModule(request, current.path, factory),
  requireActual: (request) => actualModule(request, current.path),
};

// An error outside of any test: Jest lets the file fail.
const strayErrors = new Map();
process.on('uncaughtException', (error) => strayErrors.set(error, error));
process.on('unhandledRejection', (error, promise) => strayErrors.set(promise, error));
process.on('rejectionHandled', (promise) => strayErrors.delete(promise));

addEventHandler((event) => {
  if (event.name === 'test_started') current.onEnter(current.ids.get(event.test));
  if (event.name !== 'test_done') return;
  event.test.errors.push(...jestExpect.extractExpectedAssertionsErrors().map(({ error }) => error));
  current.onEnter(current.file);
  if (current.bail && event.test.errors.length > 0) skip(getState().rootDescribeBlock, () => true);
});

/** Leaves out the tests for which it is so. */
function skip(block, left) {
  for (const child of block.children) {
    if (child.type === 'describeBlock') skip(child, left);
    else if (left(child)) child.mode = 'skip';
  }
}

/** The tests of a block by what makes each the only one of its file: its titles, and a number if they repeat. */
function idsOf(file, block, titles = [], ids = new Map(), used = new Map()) {
  for (const child of block.children) {
    const path = [...titles, child.name];
    if (child.type === 'describeBlock') {
      idsOf(file, child, path, ids, used);
      continue;
    }
    const name = path.join(' ');
    const times = used.get(name) ?? 0;
    used.set(name, times + 1);
    ids.set(child, `${file}: ${name}${times === 0 ? '' : ` (${times + 1})`}`);
  }
  return ids;
}

/**
 * Runs a spec file with modules of its own.
 *
 * @param file its path from the root; also the id of what belongs to no single test: modules, `beforeAll`, `afterAll`
 * @param only ids of the tests to run; the id of the file stands for all of them
 * @param leftOut ids of tests that are not run
 * @param bail ends the file at the first test that fails
 * @param onEnter is told the id that what runs now belongs to
 * @returns an outcome for each test that ran, and one for the file
 */
export async function runSpecFile(
  file,
  { only = new Set([file]), leftOut = new Set(), bail = false, onEnter = () => {} },
) {
  const started = performance.now();
  current = { file, path: resolve(file), bail, onEnter, ids: new Map() };
  const outcomes = [];
  strayErrors.clear();
  resetState();
  getState().testTimeout = TEST_TIMEOUT;
  onEnter(file);
  let errors = [];
  try {
    loadAnew(current.path);
    current.ids = idsOf(file, getState().rootDescribeBlock);
    skip(getState().rootDescribeBlock, (child) => {
      const id = current.ids.get(child);
      return leftOut.has(id) || !(only.has(file) || only.has(id));
    });
    errors = (await run()).unhandledErrors;
    for (const [{ status, duration, errors }, id] of current.ids) {
      if (status === 'done') outcomes.push({ id, duration: duration ?? 0, error: textOf(errors[0]) });
    }
  } catch (error) {
    errors = [error];
  }
  timers.useRealTimers();
  mocker.restoreAllMocks();
  // what a test has left behind may still fail
  await new Promise(setImmediate);
  errors.push(...strayErrors.values());
  outcomes.push({ id: file, duration: performance.now() - started, error: textOf(errors[0]) });
  return outcomes;
}

/** jest-circus keeps an error next to where it was asked for. */
function textOf(error) {
  if (error === undefined) return undefined;
  const [thrown, asked] = Array.isArray(error) ? error : [error];
  return String((thrown ?? asked)?.stack ?? thrown);
}
