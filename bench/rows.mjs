// What is measured: for each server its rows, each a kind of request. The first server is plain Nest, beside which the others are seen.

const OK = 200;
const UNAUTHORIZED = 401;

/** Requests of each kind to a server that guards `/protected` by acr and auth_time. */
const GUARDED = {
  open: { path: '/open', expected: OK },
  warm: { path: '/protected', tokens: 'warm', isKnown: true, expected: OK },
  fresh: { path: '/protected', tokens: 'fresh', expected: OK },
  challenge: { path: '/protected', tokens: 'weak', isKnown: true, expected: UNAUTHORIZED },
  missing: { path: '/protected', expected: UNAUTHORIZED },
};
const PLAIN = { open: GUARDED.open, floor: { path: '/floor', expected: UNAUTHORIZED } };

/** What the rows are called in the report. */
export const TITLES = {
  open: 'open route',
  floor: 'floor of a refusal',
  warm: 'known token',
  fresh: 'new token',
  challenge: 'challenge',
  missing: 'no token',
};

const nest = (application, adapter) => ['nest.mjs', application, adapter];

/** The servers that are measured in turn, for each of the two adapters of Nest and the frameworks under them. */
export const FIELDS = {
  express: [
    { name: 'Nest without the module', id: 'plain', command: nest('plain', 'express'), rows: PLAIN },
    { name: 'nestjs-step-up', id: 'module', command: nest('module', 'express'), rows: GUARDED },
    { name: 'guard by hand', id: 'by-hand', command: nest('by-hand', 'express'), rows: GUARDED },
    {
      name: 'Express, express-oauth2-jwt-bearer',
      id: 'express-oauth2-jwt-bearer',
      command: ['express-oauth2-jwt-bearer.mjs'],
      rows: GUARDED,
      isPeer: true,
    },
    { name: 'Nest without the module again', id: 'control', command: nest('plain', 'express'), rows: PLAIN },
  ],
  fastify: [
    { name: 'Nest without the module', id: 'plain', command: nest('plain', 'fastify'), rows: PLAIN },
    { name: 'nestjs-step-up', id: 'module', command: nest('module', 'fastify'), rows: GUARDED },
    { name: 'guard by hand', id: 'by-hand', command: nest('by-hand', 'fastify'), rows: GUARDED },
    {
      name: 'Fastify, @fastify/jwt with cache',
      id: 'fastify-jwt',
      command: ['fastify-jwt.mjs'],
      rows: GUARDED,
      isPeer: true,
    },
    { name: 'Hono, jose', id: 'hono-jose', command: ['hono-jose.mjs'], rows: GUARDED, isPeer: true },
    { name: 'Nest without the module again', id: 'control', command: nest('plain', 'fastify'), rows: PLAIN },
  ],
};

const SPRING = { folder: 'spring', framework: 'Spring Boot', jar: 'target/server.jar' };
const QUARKUS = { folder: 'quarkus', framework: 'Quarkus', jar: 'target/quarkus-app/quarkus-run.jar' };

/** The servers that `npm run bench:jvm` measures in turn. */
export const BESIDE_JVM = [
  { name: 'nestjs-step-up on Fastify', id: 'fastify', command: nest('module', 'fastify'), rows: GUARDED },
  { name: 'Spring Security', id: 'spring', project: SPRING, rows: GUARDED },
  { name: 'nestjs-step-up on Express', id: 'express', command: nest('module', 'express'), rows: GUARDED },
  { name: 'Quarkus', id: 'quarkus', project: QUARKUS, rows: GUARDED },
  { name: 'nestjs-step-up on Fastify again', id: 'fastify-again', command: nest('module', 'fastify'), rows: GUARDED },
  { name: 'Quarkus again', id: 'quarkus-again', project: QUARKUS, rows: GUARDED },
];
