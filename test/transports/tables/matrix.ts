// @ts-nocheck: see ../harness/tokens.ts
import { RequireAcr } from 'nestjs-step-up';
import { callOnce, cellOf, createRan, faultsOfRefusal, faultsOfService, using } from '../harness/calls';
import { NAMES } from '../harness/tokens';
import { transports } from '../transports';

/** Every transport with every token: who is served, and what the others receive. */
export async function matrix(environment) {
  for (const transport of transports) {
    const { name, isEvent, create } = transport;
    if (!environment.tries(transport)) continue;
    const cell = (column, received, faults) =>
      environment.tell({ table: 'tokens', row: name, column, received, faults });
    const ran = createRan();
    const guards = [RequireAcr('mfa', { maxAge: 300 })];
    const stopped = await using(
      environment,
      () => create({ guards, ran, isRequired: true }, environment),
      async (running) => {
        for (const token of NAMES) {
          const outcome = await callOnce(running, ran, environment.tokens[token]);
          const needsStepUp = token === 'weak' || token === 'old';
          const faults =
            token === 'good' ? faultsOfService(outcome) : faultsOfRefusal(outcome, { needsStepUp, isEvent });
          cell(token, token === 'good' && outcome.hasRun ? 'served' : cellOf(outcome), faults);
        }
      },
    );
    if (stopped !== undefined) cell('none', 'does not start', [`BROKEN ${stopped.stack ?? stopped}`]);
  }
}
