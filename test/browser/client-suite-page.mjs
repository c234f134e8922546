// What Jest gives a test file, for a page: `expect`, mocks and tables are Jest's own, the runner is this small one.
import { timers, withGlobal } from '@sinonjs/fake-timers';
import { expect } from 'expect';
import { bind } from 'jest-each';
import { ModuleMocker } from 'jest-mock';

const TIMEOUT = 5;
const HOOKS = ['beforeAll', 'beforeEach', 'afterEach', 'afterAll'];

function suite(title, parent) {
  return { title, parent, children: [], ...Object.fromEntries(HOOKS.map((hook) => [hook, []])) };
}

// taken before a test replaces them
const later = setTimeout.bind(globalThis);
const cancel = clearTimeout.bind(globalThis);

let current = suite('');

function describe(title, body) {
  const parent = current;
  current = suite(title, parent);
  parent.children.push(current);
  body();
  current = parent;
}

// as there is no `skip`, `only` or `todo` here, a test file that uses one fails instead of running less
const test = (title, body) => current.children.push({ title, body });

describe.each = bind(describe, false);
test.each = bind(test, false);
for (const hook of HOOKS) globalThis[hook] = (body) => current[hook].push(body);

const mocker = new ModuleMocker(globalThis);
let clock;

const jest = {
  fn: mocker.fn.bind(mocker),
  spyOn: mocker.spyOn.bind(mocker),
  useFakeTimers({ now, doNotFake = [] } = {}) {
    clock?.uninstall();
    const toFake = Object.keys(timers).filter((name) => !doNotFake.includes(name));
    clock = withGlobal(globalThis).install({ now: now ?? Date.now(), toFake });
  },
  useRealTimers() {
    clock?.uninstall();
    clock = undefined;
  },
  setSystemTime: (now) => clock.setSystemTime(now),
  advanceTimersByTime: (milliseconds) => clock.tick(milliseconds),
  getTimerCount: () => clock.countTimers(),
};

Object.assign(globalThis, { describe, test, it: test, expect, jest });

/** The suites around a test, the outermost first. */
const around = ({ parent }) => (parent ? [...around(parent), parent] : []);

function inTime(step) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = later(() => reject(new Error(`Took longer than ${TIMEOUT} s`)), TIMEOUT * 1000);
  });
  return Promise.race([Promise.try(step), late]).finally(() => cancel(timer));
}

async function runTest({ body }, suites) {
  const failures = [];
  const attempt = async (step) => {
    try {
      await inTime(step);
    } catch (error) {
      failures.push(`${error?.message ?? error}\n${error?.stack}`);
    }
  };
  for (const hook of suites.flatMap(({ beforeEach }) => beforeEach)) await attempt(hook);
  if (failures.length === 0) await attempt(body);
  for (const hook of suites.toReversed().flatMap(({ afterEach }) => afterEach)) await attempt(hook);
  return failures;
}

async function runSuite(running) {
  const suites = [...around(running), running];
  const results = [];
  for (const hook of running.beforeAll) await inTime(hook);
  for (const child of running.children) {
    if (child.children) {
      results.push(...(await runSuite(child)));
      continue;
    }
    const name = [...suites.slice(1), child].map(({ title }) => title).join(' ');
    results.push({ name, failures: await runTest(child, suites) });
  }
  for (const hook of running.afterAll) await inTime(hook);
  return results;
}

/** Runs what the test files have registered, one after the other. */
globalThis.runTests = () => runSuite(current);
