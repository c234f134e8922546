// The test runner that Stryker is given: all specs in one process, and with each change only those that reach it.
import { relative } from 'node:path';
import { INSTRUMENTER_CONSTANTS } from '@stryker-mutator/api/core';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  DryRunStatus,
  determineHitLimitReached,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { LEFT_OUT, specFiles } from './rooms.mjs';
import { runSpecFile } from './spec-file.mjs';

class SpecsInOneProcess {
  #files = specFiles(process.env.STEP_UP_ROOM);
  // For each file of lib its own: what noticed a change of it will notice more.
  #orders = new Map();
  // What changed code asks which change is active.
  #changes = {};

  constructor() {
    globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE] = this.#changes;
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun() {
    this.#changes.activeMutant = undefined;
    const onEnter = (id) => {
      this.#changes.currentTestId = id;
    };
    const tests = [];
    const costs = new Map();
    for (const file of this.#files) {
      const outcomes = await runSpecFile(file, { leftOut: LEFT_OUT, onEnter });
      costs.set(file, outcomes.at(-1).duration);
      tests.push(...outcomes.map((outcome) => resultOf(file, outcome)));
    }
    this.#files.sort((a, b) => costs.get(a) - costs.get(b));
    return { status: DryRunStatus.Complete, tests, mutantCoverage: this.#changes.mutantCoverage };
  }

  /** A module is loaded with the change active, so that Stryker need not know what runs at load. */
  async mutantRun({ activeMutant, sandboxFileName, testFilter, hitLimit, disableBail }) {
    Object.assign(this.#changes, { activeMutant: activeMutant.id, hitLimit, hitCount: hitLimit && 0 });
    const only = testFilter && new Set(testFilter);
    const reaching = testFilter && new Set(testFilter.map((id) => id.split(':')[0]));
    const tests = [];
    const order = this.#orders.get(sandboxFileName) ?? this.#files.toSorted(nearestTo(sandboxFileName));
    for (const file of order.filter((file) => reaching?.has(file) ?? true)) {
      const outcomes = await runSpecFile(file, { only, leftOut: LEFT_OUT, bail: !disableBail });
      tests.push(...outcomes.map((outcome) => resultOf(file, outcome)));
      const noHold = determineHitLimitReached(this.#changes.hitCount, hitLimit);
      if (noHold !== undefined) return toMutantRunResult(noHold);
      if (!disableBail && outcomes.some(({ error }) => error !== undefined)) {
        this.#orders.set(sandboxFileName, [file, ...order.filter((other) => other !== file)]);
        break;
      }
    }
    return toMutantRunResult({ status: DryRunStatus.Complete, tests });
  }
}

/** Puts the specs first whose path is most like that of a file of lib. */
function nearestTo(changed) {
  const names = relative('lib', changed).split(/[/.]/);
  const nearness = (spec) => {
    const others = relative('test', spec).split(/[/.]/);
    return names.findIndex((name, index) => name !== others[index]);
  };
  return (a, b) => nearness(b) - nearness(a);
}

function resultOf(fileName, { id, duration, error }) {
  const result = { id, name: id, fileName, timeSpentMs: duration };
  if (error === undefined) return { ...result, status: TestStatus.Success };
  return { ...result, status: TestStatus.Failed, failureMessage: error };
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'specs-in-one-process', SpecsInOneProcess)];
