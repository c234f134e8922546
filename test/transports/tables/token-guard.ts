// @ts-nocheck: see ../harness/tokens.ts
import { UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessTokenGuard, StepUpConfigurationError } from 'nestjs-step-up';
import { callOnce, cellOf, createRan, faultsOfRefusal, faultsOfService, using } from '../harness/calls';
import { transports } from '../transports';

/** How the guard is bound: decorators of the handler, and what becomes of the application. */
const ways = {
  '`APP_GUARD`': {
    globally: (parts) => ({
      ...parts,
      providers: [...(parts.providers ?? []), { provide: APP_GUARD, useClass: AccessTokenGuard }],
    }),
  },
  '`useGlobalGuards`': {
    globally: (parts) => ({
      ...parts,
      async configure(app) {
        app.useGlobalGuards(app.get(AccessTokenGuard));
        await parts.configure?.(app);
      },
    }),
  },
  '`@UseGuards`': { guards: [UseGuards(AccessTokenGuard)], globally: (parts) => parts },
};
const RPC_MODES = ['alone', 'hybrid', 'hybrid, inheritAppConfig'];

/**
 * Handlers that require nothing but a token. Nest does not run global guards before all of them: each is guarded, or
 * stops the boot. None runs without a token.
 */
export async function tokenGuard(environment) {
  for (const transport of transports.filter(isOneOfItsKind)) {
    if (!environment.tries(transport)) continue;
    for (const mode of isRpc(transport) ? RPC_MODES : [undefined]) {
      for (const way of Object.keys(ways)) await examine(environment, transport, mode, way);
    }
  }
}

async function examine(environment, { name, isEvent, create }, mode, way) {
  const { guards = [], globally } = ways[way];
  const ran = createRan();
  const row = mode === undefined ? name : `${name} (${mode})`;
  const tell = (received, faults) => environment.tell({ table: 'token guard', row, column: way, received, faults });
  const faults = [];
  let refused: unknown;
  const stopped = await using(
    environment,
    async () => globally(await create({ guards, ran }, environment, mode)),
    async (running) => {
      for (const token of ['none', 'expired', 'none']) {
        refused = await callOnce(running, ran, environment.tokens[token]);
        faults.push(...faultsOfRefusal(refused, { needsStepUp: false, isEvent }));
      }
      const good = await callOnce(running, ran, environment.tokens.good);
      faults.push(...faultsOfService(good));
    },
  );
  if (stopped === undefined) tell(`guarded: ${cellOf(refused)}`, [...new Set(faults)]);
  else if (stopped instanceof StepUpConfigurationError) tell('stops the boot', []);
  else tell('does not start', [`BROKEN ${stopped.stack ?? stopped}`]);
}

function isRpc({ name }) {
  return /^(TCP|Redis|NATS|RabbitMQ|gRPC)/.test(name);
}

/** The handlers of one transport are of one kind for the audit. */
function isOneOfItsKind({ name }) {
  return !/upload/.test(name);
}
