import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The rooms of lib that are changed, and the specs that have to notice: those that state what the room does. */
export const ROOMS = {
  core: { mutate: 'lib/core', specs: ['test/core'] },
  token: {
    mutate: 'lib/token',
    specs: ['test/token', 'test/authorization-servers', 'test/nest/bound-tokens.options.spec.ts'],
  },
  guards: {
    mutate: 'lib/nest/guards',
    specs: [
      'test/nest/guards',
      'test/nest/step-up.service.spec.ts',
      'test/nest/advice/callback.spec.ts',
      'test/nest/advice/decisions.spec.ts',
      'test/nest/audit/boot-audit.conditions.spec.ts',
      'test/nest/audit/user-exposure.spec.ts',
      'test/nest/authentication/passport.authenticator.spec.ts',
      'test/nest/authentication/stored-event.spec.ts',
      'test/nest/authentication/whose-authentication.spec.ts',
      'test/nest/refusal/step-up.filter.spec.ts',
      'test/nest/transports/graphql.transport.spec.ts',
      'test/nest/transports/graphql-connections.spec.ts',
      'test/nest/transports/ws.transport.spec.ts',
    ],
  },
};

/**
 * Specs that take seconds and state in many cases what others state in few; a survivor is worth a look at them. proxy
 * starts processes of its own, and a change is not active in those.
 */
const NOT_RUN = [
  'test/nest/guards/enforcement-property.spec.ts',
  'test/token/introspection/strangers.spec.ts',
  'test/token/jwt/signature-differential.spec.ts',
  'test/token/proxy.spec.ts',
];

/** Tests that count the timers of their file: in one process Node's own `fetch` has some too. */
export const LEFT_OUT = new Set(
  ['Express', 'Fastify'].map(
    (adapter) =>
      `test/nest/guards/stream-end.spec.ts: server-sent events over ${adapter} leave no timer behind if the client goes first`,
  ),
);

/** The files of a room that are changed. */
export const mutatedFiles = (room) =>
  filesIn(ROOMS[room].mutate).filter((file) => file.endsWith('.ts') && !file.endsWith('index.ts'));

/** The spec files of a room. */
export const specFiles = (room) =>
  ROOMS[room].specs
    .flatMap((path) => (path.endsWith('.ts') ? [path] : filesIn(path)))
    .filter((file) => file.endsWith('.spec.ts') && !NOT_RUN.includes(file));

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .sort()
    .map((file) => join(folder, file));
