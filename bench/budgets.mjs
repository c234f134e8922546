// The budgets, and what the rows are compared with: each ratio of rows is the median of the ratios of the rounds.

/** Greatest ratio of a new token to the bare check of its signature, by algorithm. */
export const NEW_TOKEN = { RS256: 1.2, PS256: 1.2, ES256: 1.1, EdDSA: 1.1 };

/** The same for a token that is known already, and for one that its claims rule out. */
export const KNOWN_TOKEN = 0.08;
export const RULED_OUT_TOKEN = 0.25;

/** What a ratio in one process may exceed its budget by before `--quick` fails: more than noise, less than a second parse. */
export const GATE = 1.08;

/** Greatest number of nanoseconds of one judgement. */
export const JUDGING_NS = 60;

/** Greatest ratio of a start with the module to one without. */
export const START = 1.15;

const over = (above, below) => above / below;

/** Ratios of rows, by the id of their server, with the bound that each is to keep. */
export const BUDGETS = [
  {
    what: 'control: open route, again ÷ plain Nest',
    rows: [
      ['control', 'open'],
      ['plain', 'open'],
    ],
    ratio: over,
  },
  {
    what: 'control: floor, again ÷ plain Nest',
    rows: [
      ['control', 'floor'],
      ['plain', 'floor'],
    ],
    ratio: over,
  },
  {
    what: 'open route ÷ plain Nest',
    rows: [
      ['module', 'open'],
      ['plain', 'open'],
    ],
    ratio: over,
    most: 1.05,
  },
  {
    what: 'no token ÷ floor',
    rows: [
      ['module', 'missing'],
      ['plain', 'floor'],
    ],
    ratio: over,
    most: 1.25,
  },
  {
    what: 'challenge ÷ (floor + known token − open route)',
    rows: [
      ['module', 'challenge'],
      ['plain', 'floor'],
      ['module', 'warm'],
      ['module', 'open'],
    ],
    ratio: (challenge, floor, warm, open) => challenge / (floor + warm - open),
    most: 1.25,
  },
  {
    what: 'plain open route ÷ known token',
    rows: [
      ['plain', 'open'],
      ['module', 'warm'],
    ],
    ratio: over,
    least: { express: 0.8, fastify: 0.6 },
  },
  {
    what: 'plain open route ÷ new token',
    rows: [
      ['plain', 'open'],
      ['module', 'fresh'],
    ],
    ratio: over,
    least: { express: 0.5, fastify: 0.25 },
  },
  {
    what: 'guard by hand ÷ known token',
    rows: [
      ['by-hand', 'warm'],
      ['module', 'warm'],
    ],
    ratio: over,
  },
];

/** What is compared side by side, by the ids of the servers. */
export const SIDE_BY_SIDE = [
  { what: 'Fastify ÷ Spring Security', ids: ['fastify', 'spring'] },
  { what: 'Fastify ÷ Quarkus', ids: ['fastify', 'quarkus'] },
  { what: 'Express ÷ Spring Security', ids: ['express', 'spring'] },
  { what: 'Express ÷ Quarkus', ids: ['express', 'quarkus'] },
  { what: 'control: Fastify again ÷ Fastify', ids: ['fastify-again', 'fastify'], isControl: true },
  { what: 'control: Quarkus again ÷ Quarkus', ids: ['quarkus-again', 'quarkus'], isControl: true },
];
