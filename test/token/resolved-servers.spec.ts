import {
  checkAuthorizationServers,
  checkResolvedServer,
  type Vocabulary,
} from '../../lib/authorization-servers/index.js';
import { AuthorizationServerUnavailable } from '../../lib/token/errors.js';
import { ResolvedServers } from '../../lib/token/resolved-servers.js';
import { pass, stopClockOfEachTest } from '../support/clock.js';
import { refusals } from '../support/refusals.js';

const ISSUER = 'https://login.example/realms/bank';
const optionsOf = (issuer: string) => ({ issuer, audience: 'https://api.example', acr: { mfa: 'gold' } });

interface Setup {
  servers: ResolvedServers;
  /** The issuers that the application was asked for. */
  asked: string[];
  failures: AuthorizationServerUnavailable[];
  /** Number of servers that were checked. */
  checks: number;
}

function setUp(resolve: (issuer: string) => unknown, configured: object[] = []): Setup {
  const vocabularies = new Map<string, Vocabulary>();
  const servers = configured.length === 0 ? [] : checkAuthorizationServers(configured as never);
  const setup: Setup = { servers: undefined as never, asked: [], failures: [], checks: 0 };
  setup.servers = new ResolvedServers({
    resolve(issuer) {
      setup.asked.push(issuer);
      return resolve(issuer);
    },
    check(answer, issuer, resolved) {
      setup.checks += 1;
      return checkResolvedServer(answer, issuer, { configured: servers, passport: 'register', vocabularies, resolved });
    },
    failed: (failure) => setup.failures.push(failure),
  });
  return setup;
}

const failureOf = async (servers: ResolvedServers, issuer = ISSUER): Promise<AuthorizationServerUnavailable> => {
  try {
    await servers.resolve(issuer);
  } catch (error) {
    if (error instanceof AuthorizationServerUnavailable) return error;
    throw error;
  }
  throw new Error('it was resolved');
};
/** Lets what is asked in the background come to its end. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** The timers that something has set. They run out when the test says so. */
interface Timers {
  /** Seconds of each, the shortest first. */
  all: number[];
  runOut(seconds: number): void;
}

/** Begins something, and returns it with the timers that it sets. */
async function withTimersOf<T>(begin: () => T): Promise<{ begun: T; timers: Timers }> {
  const { setTimeout: set } = globalThis;
  // none runs out by itself, however slow the machine is
  const spy = jest
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation((() => set(() => undefined, 2 ** 31 - 1)) as never);
  const begun = begin();
  await settled();
  const calls = spy.mock.calls as unknown as [over: () => void, milliseconds: number][];
  for (const { value } of spy.mock.results) clearTimeout(value);
  spy.mockRestore();
  const timers: Timers = {
    all: calls.map(([, milliseconds]) => milliseconds / 1000).sort((one, other) => one - other),
    runOut(seconds) {
      for (const [over, milliseconds] of calls) if (milliseconds === seconds * 1000) over();
    },
  };
  return { begun, timers };
}

/** Options of a server that come from a database, and cannot be read once it is closed. */
const unreadable = () =>
  Object.defineProperty(optionsOf(ISSUER), 'audience', {
    get() {
      throw new Error('The connection is closed');
    },
  });

stopClockOfEachTest(Date.UTC(2026, 0, 1));

describe('the answer of an application', () => {
  test.each([
    ['at once', () => optionsOf(ISSUER)],
    ['as a promise', async () => optionsOf(ISSUER)],
  ])('%s is kept: it is asked once for each issuer', async (_, resolve) => {
    const { servers, asked } = setUp(resolve);
    const [first, second] = await Promise.all([servers.resolve(ISSUER), servers.resolve(ISSUER)]);
    expect(first).toMatchObject({ issuer: ISSUER, keys: { refreshAfter: 600 } });
    expect([second, await servers.resolve(ISSUER), servers.find(ISSUER)]).toEqual([first, first, first]);
    expect(asked).toEqual([ISSUER]);
  });

  test.each([undefined, null])('%s refuses the issuer, and is kept for ten seconds', async (answer) => {
    const { servers, asked } = setUp(() => answer);
    expect(await servers.resolve(ISSUER)).toBeUndefined();
    pass(9.9);
    expect(servers.resolve(ISSUER)).toBeUndefined();
    expect(asked).toHaveLength(1);
    pass(0.1);
    await servers.resolve(ISSUER);
    expect(asked).toHaveLength(2);
  });

  test.each([
    undefined,
    null,
    7,
    ['https://a.example'],
    '',
    'urn:issuer',
    'ftp://as.example',
    'https://',
    `${ISSUER}?a=b`,
    `${ISSUER}#a`,
    ` ${ISSUER}`,
    `${ISSUER}/\u001b[2J`,
    `${ISSUER}/\u202eknab`,
    'https://bänk.example',
    'https://as.example:99999',
    'https://[',
    'xhttps://as.example',
    'https:/as.example',
    `https://as.example/${'a'.repeat(2048 - 18)}`,
  ])('an issuer that no server has is not asked for: %j', async (issuer) => {
    const { servers, asked } = setUp(() => optionsOf(ISSUER));
    expect(servers.resolve(issuer)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  test.each(['http://127.0.0.1:8080/a', 'https://as.example', `https://as.example/${'a'.repeat(2048 - 19)}`])(
    'an issuer that a server can have is asked for: %j',
    async (issuer) => {
      const { servers, asked } = setUp(() => undefined);
      await servers.resolve(issuer);
      expect(asked).toEqual([issuer]);
    },
  );

  describe('is checked as options are at boot', () => {
    const other = { ...optionsOf('https://other.example'), acr: { mfa: 'silver', phr: 'key' } };
    test.each(
      refusals({
        '"resolveAuthorizationServer" must return the options of an authorization server, or undefined, not true': [
          true,
        ],
        '"resolveAuthorizationServer" must return the options of an authorization server, or undefined, not a list': [
          [optionsOf(ISSUER)],
        ],
        '"resolveAuthorizationServer" has returned a server of another issuer than it was asked for; compare the issuer exactly, and return undefined for one that you do not know':
          [optionsOf('https://evil.example'), optionsOf(`${ISSUER}/`)],
        '"resolveAuthorizationServer().audience" is required: the identifier of this API in "aud" of its tokens': [
          { issuer: ISSUER, acr: 'literal' },
        ],
        '"resolveAuthorizationServer().acr" is missing next to servers that have one; map your words to its strings, or set it to \'literal\'':
          [{ issuer: ISSUER, audience: 'a' }],
        '"resolveAuthorizationServer().acr.mfa" uses "phr", which is a word in "authorizationServers[0].acr"; give the word another name, or list the string under "phr"':
          [{ ...optionsOf(ISSUER), acr: { mfa: 'phr' } }],
        "\"resolveAuthorizationServer().introspection.when\" cannot be 'opaque', its default: an opaque token names no issuer to resolve; set it to 'event-missing', 'auth-time-missing' or 'always'":
          [{ ...optionsOf(ISSUER), introspection: { clientId: 'api', clientSecret: 's3cret' } }],
        '"resolveAuthorizationServer().boundTokens" accepts \'dpop\', which no server of "authorizationServers" does, so that nobody would verify the proof; leave it out, or accept it there too':
          [
            { ...optionsOf(ISSUER), boundTokens: 'accepted' },
            { ...optionsOf(ISSUER), boundTokens: 'required' },
            { ...optionsOf(ISSUER), boundTokens: { policy: 'accepted', methods: ['dpop'] } },
          ],
        '"resolveAuthorizationServer().boundTokens" accepts \'mtls\', which no server of "authorizationServers" does, so that nobody would verify the proof; leave it out, or accept it there too':
          [{ ...optionsOf(ISSUER), boundTokens: { policy: 'required', methods: ['mtls'] } }],
      }),
    )('%j', async (answer, message) => {
      const { servers, asked } = setUp(() => answer, [other]);
      expect(await failureOf(servers)).toMatchObject({
        code: 'resolved_server_invalid',
        reason: message,
        issuer: undefined,
        retryAfter: 1,
      });
      expect(() => servers.resolve(ISSUER)).toThrow(message);
      expect(asked).toHaveLength(1);
    });
  });

  test('a server can be bound by a method that a configured one accepts, and by no other', async () => {
    const dpop = { policy: 'accepted', methods: ['dpop'] };
    const configured = [{ ...optionsOf('https://other.example'), boundTokens: dpop }];
    const { servers } = setUp((issuer) => ({ ...optionsOf(issuer), boundTokens: dpop }), configured);
    expect(await servers.resolve(ISSUER)).toMatchObject({ boundTokens: { dpop: true, mtls: false } });
    const { servers: others } = setUp((issuer) => ({ ...optionsOf(issuer), boundTokens: 'accepted' }), configured);
    expect((await failureOf(others)).reason).toMatch("boundTokens\" accepts 'mtls', which no server");
  });

  test('a listener that cannot use a server refuses it', async () => {
    const { servers } = setUp(() => optionsOf(ISSUER));
    const { StepUpConfigurationError } = await import('../../lib/core/index.js');
    servers.onAccept(() => {
      throw new StepUpConfigurationError('the key cannot be read');
    });
    expect(await failureOf(servers)).toMatchObject({
      code: 'resolved_server_invalid',
      reason: 'the key cannot be read',
    });
    expect(servers.size).toBe(0);
  });

  test('servers with equal words share one vocabulary, and an order belongs to it', async () => {
    const words = { acr: { mfa: 'gold', phr: 'key' } };
    const orders: Record<string, object> = { a: { order: ['phr', 'mfa'] }, b: { order: ['phr', 'mfa'] }, c: {} };
    const { servers } = setUp((issuer) => ({ ...optionsOf(issuer), ...words, ...orders[issuer.at(-1) as string] }));
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => servers.resolve(`https://as.example/${name}`)));
    expect(a?.vocabulary).toBe(b?.vocabulary);
    expect(a?.vocabulary.stringsFor(['mfa'])).toEqual(['gold', 'key']);
    expect(c?.vocabulary.stringsFor(['mfa'])).toEqual(['gold']);
  });
});

describe('words of two resolved servers', () => {
  const [FIRST, SECOND] = ['https://as.example/first', 'https://as.example/second'] as const;
  const inTurn = (first: object, second: object) =>
    setUp((issuer) => ({ ...optionsOf(issuer), acr: issuer === FIRST ? first : second })).servers;

  test.each<[what: string, first: object, second: object, message: string]>([
    [
      'a string that is a word of the first',
      { gold: 'a' },
      { mfa: 'gold' },
      '"resolveAuthorizationServer().acr.mfa" uses "gold", which is a word in ' +
        `"resolveAuthorizationServer("${FIRST}").acr"; give the word another name, or list the string under "gold"`,
    ],
    [
      'a word that is a string of the first',
      { mfa: 'gold' },
      { gold: 'a' },
      `"resolveAuthorizationServer("${FIRST}").acr.mfa" uses "gold", which is a word in ` +
        '"resolveAuthorizationServer().acr"; give the word another name, or list the string under "gold"',
    ],
  ])('%s is refused as it is between configured ones, and the first stays', async (_, first, second, message) => {
    const servers = inTurn(first, second);
    const known = await servers.resolve(FIRST);
    expect(await failureOf(servers, SECOND)).toMatchObject({ code: 'resolved_server_invalid', reason: message });
    expect(servers.find(FIRST)).toBe(known);
  });

  test.each<[what: string, first: object, second: object]>([
    ['the string listed under the word', { gold: ['gold', 'a'] }, { gold: 'gold' }],
    ['the same words', { mfa: 'gold' }, { mfa: 'gold' }],
    ['words for other strings', { mfa: 'gold' }, { mfa: 'silver', phr: 'key' }],
  ])('%s is accepted', async (_, first, second) => {
    const servers = inTurn(first, second);
    expect([await servers.resolve(FIRST), await servers.resolve(SECOND)]).toMatchObject([
      { issuer: FIRST },
      { issuer: SECOND },
    ]);
  });

  test('are compared with those that are kept, so that a corrected one makes room', async () => {
    let words: object = { mfa: 'gold' };
    const { servers } = setUp((issuer) => ({ ...optionsOf(issuer), acr: issuer === FIRST ? words : { gold: 'a' } }));
    await servers.resolve(FIRST);
    await failureOf(servers, SECOND);
    words = { gold: 'gold' };
    pass(600);
    await servers.resolve(FIRST);
    expect(await servers.resolve(SECOND)).toMatchObject({ issuer: SECOND });
  });
});

describe('an application that cannot answer', () => {
  const fails: [how: string, resolve: () => unknown, what: string][] = [
    [
      'throws',
      () => {
        throw new Error('postgres://user:s3cret@db');
      },
      'has thrown',
    ],
    ['rejects', () => Promise.reject(new Error('postgres://user:s3cret@db')), 'has thrown'],
    [
      'throws what is no error',
      () => {
        throw 'the database is down';
      },
      'has thrown',
    ],
    ['returns options that cannot be read', unreadable, 'has returned options that throw as they are read'],
  ];
  test.each(fails)(
    'that %s refuses no issuer as unknown, and is asked again after a second',
    async (_, resolve, what) => {
      const { servers, asked } = setUp(resolve);
      const failure = await failureOf(servers);
      expect(failure).toMatchObject({ code: 'resolver_failed', reason: `"resolveAuthorizationServer" ${what}` });
      expect(() => servers.resolve(ISSUER)).toThrow(failure.message);
      pass(1);
      await failureOf(servers);
      expect(asked).toHaveLength(2);
    },
  );

  test.each(fails)('that %s loses no server that is in use, and the failure is told', async (_, fail, what) => {
    let isDown = false;
    const { servers, failures } = setUp((issuer) => (isDown ? fail() : optionsOf(issuer)));
    const server = await servers.resolve(ISSUER);
    isDown = true;
    pass(300);
    expect(servers.find(ISSUER)).toBe(server);
    await settled();
    pass(300);
    expect(await servers.resolve(ISSUER)).toBe(server);
    const failure = { code: 'resolver_failed', reason: `"resolveAuthorizationServer" ${what}` };
    expect(failures).toMatchObject([failure, failure]);
  });

  /** A server that was resolved so many seconds ago, and an application that says when it fails. */
  async function failingWhenTold(age: number) {
    let fail: () => void = () => undefined;
    const answers: unknown[] = [optionsOf(ISSUER)];
    const setup = setUp(
      () =>
        answers.pop() ??
        new Promise((_, reject) => {
          fail = () => reject(new Error('down'));
        }),
    );
    await setup.servers.resolve(ISSUER);
    pass(age);
    return { ...setup, fail: () => fail() };
  }

  test('that fails while a request waits has it refused if the hour is over by then', async () => {
    const { servers, fail } = await failingWhenTold(4199);
    const waiting = failureOf(servers);
    await settled();
    pass(1);
    fail();
    expect(await waiting).toMatchObject({ code: 'resolver_failed' });
    expect(servers.size).toBe(0);
  });

  test('that fails in the background is told of it also if the hour is over by then', async () => {
    const { servers, failures, fail } = await failingWhenTold(300);
    servers.find(ISSUER);
    await settled();
    pass(3900);
    fail();
    await settled();
    expect(failures).toMatchObject([{ code: 'resolver_failed' }]);
    expect(servers.size).toBe(0);
  });

  test('that hangs is waited for as long as the time limit says', async () => {
    const { servers } = setUp(() => new Promise(() => undefined));
    const { begun: failing, timers } = await withTimersOf(() => [failureOf(servers)]);
    expect(timers.all).toEqual([5]);
    timers.runOut(5);
    expect(await failing[0]).toMatchObject({
      code: 'resolver_failed',
      reason: '"resolveAuthorizationServer" has not answered within 5 seconds',
    });
  });

  test('that hangs delays those whose server is known for half a second, and one of them alone', async () => {
    let hangs = false;
    const { servers, asked, failures } = setUp((issuer) => (hangs ? new Promise(() => undefined) : optionsOf(issuer)));
    const server = await servers.resolve(ISSUER);
    hangs = true;
    pass(600);
    const { begun: waiting, timers } = await withTimersOf(() => [servers.resolve(ISSUER), servers.resolve(ISSUER)]);
    expect(timers.all).toEqual([0.5, 0.5, 5]);
    timers.runOut(0.5);
    expect(await Promise.all(waiting)).toEqual([server, server]);
    pass(3);
    expect([servers.find(ISSUER), servers.resolve(ISSUER), asked.length, failures.length]).toEqual([
      server,
      server,
      2,
      0,
    ]);
    timers.runOut(5);
    await settled();
    expect([servers.find(ISSUER), failures.length]).toEqual([server, 1]);
    pass(3600);
    expect(servers.find(ISSUER)).toBeUndefined();
  });

  /** An application that had answered at once. Of its second answer the known server has not waited. */
  async function answeringLate() {
    let tell: (value: unknown) => void = () => undefined;
    const answers = [
      optionsOf(ISSUER),
      new Promise((resolve) => {
        tell = resolve;
      }),
    ];
    const { servers, asked } = setUp(() => answers.shift() ?? optionsOf(ISSUER));
    const server = await servers.resolve(ISSUER);
    pass(600);
    const { begun: waiting, timers } = await withTimersOf(() => [servers.resolve(ISSUER)]);
    timers.runOut(0.5);
    expect(await waiting[0]).toBe(server);
    return { servers, asked, server, tell: (value: unknown) => tell(value) };
  }

  test('that answers late with options that cannot be read is asked again after a second', async () => {
    const { servers, asked, server, tell } = await answeringLate();
    expect(servers.find(ISSUER)).toBe(server);
    tell(unreadable());
    await settled();
    expect([servers.find(ISSUER), asked.length]).toEqual([server, 2]);
    pass(1);
    expect([servers.find(ISSUER), await servers.resolve(ISSUER), asked.length]).toEqual([undefined, server, 3]);
  });

  test('that answers late is heard: the next request has the new server, or none', async () => {
    const { servers, tell } = await answeringLate();
    tell(undefined);
    await settled();
    expect([servers.find(ISSUER), servers.resolve(ISSUER)]).toEqual([undefined, undefined]);
  });

  test('is asked about a server in use again, but not within a second', async () => {
    let isDown = false;
    const { servers, asked, failures } = setUp((issuer) => {
      if (isDown) throw new Error('down');
      return optionsOf(issuer);
    });
    const server = await servers.resolve(ISSUER);
    isDown = true;
    pass(300);
    for (const [seconds, times] of [
      [0, 2],
      [0.9, 2],
      [0.1, 3],
      [0.9, 3],
      [0.1, 4],
    ] as const) {
      pass(seconds);
      expect(servers.find(ISSUER)).toBe(server);
      await settled();
      expect([asked.length, failures.length]).toEqual([times, times - 1]);
    }
  });

  test('keeps the servers that it has named for an hour more, and no longer', async () => {
    let isDown = false;
    const { servers, failures } = setUp((issuer) => {
      if (isDown) throw new Error('down');
      return optionsOf(issuer);
    });
    const server = await servers.resolve(ISSUER);
    isDown = true;
    pass(600);
    expect(servers.find(ISSUER)).toBeUndefined();
    expect(await servers.resolve(ISSUER)).toBe(server);
    expect(failures).toEqual([expect.objectContaining({ code: 'resolver_failed' })]);
    expect(servers.find(ISSUER)).toBe(server);
    pass(3600);
    expect(await failureOf(servers)).toMatchObject({ code: 'resolver_failed' });
    expect(servers.size).toBe(0);
  });
});

describe('a server in use', () => {
  test('is asked about again in the background, and kept as it is if nothing has changed', async () => {
    const { servers, asked } = setUp((issuer) => optionsOf(issuer));
    const server = await servers.resolve(ISSUER);
    pass(299);
    servers.find(ISSUER);
    expect(asked).toHaveLength(1);
    pass(1);
    expect(servers.find(ISSUER)).toBe(server);
    await settled();
    expect(asked).toHaveLength(2);
    pass(299);
    expect(servers.find(ISSUER)).toBe(server);
    expect(asked).toHaveLength(2);
  });

  test.each<[what: string, changed: object]>([
    ['words', { acr: { mfa: 'silver' } }],
    ['order', { acr: { mfa: 'gold', phr: 'key' }, order: ['phr', 'mfa'] }],
    ['audience', { audience: 'https://other.example' }],
    ['key document', { jwksUri: 'https://other.example/jwks' }],
  ])('is replaced if its %s has changed', async (_, changed) => {
    let answer: object = { acr: { mfa: 'gold', phr: 'key' } };
    const { servers } = setUp((issuer) => ({ ...optionsOf(issuer), ...answer }));
    const server = await servers.resolve(ISSUER);
    answer = { ...answer, ...changed };
    pass(600);
    expect(await servers.resolve(ISSUER)).not.toBe(server);
  });

  test('is forgotten if the application no longer has it', async () => {
    let answer: object | undefined = optionsOf(ISSUER);
    const { servers } = setUp(() => answer);
    await servers.resolve(ISSUER);
    answer = undefined;
    pass(300);
    expect(servers.find(ISSUER)).toBeDefined();
    await settled();
    expect([servers.find(ISSUER), servers.size]).toEqual([undefined, 0]);
  });
});

describe('numbers', () => {
  test('a thousand servers are asked for once each, and found without another check', async () => {
    const setup = setUp((issuer) => optionsOf(issuer));
    const issuers = Array.from({ length: 1000 }, (_, index) => `https://as.example/${index}`);
    for (const issuer of issuers) await setup.servers.resolve(issuer);
    for (const issuer of issuers) expect(setup.servers.find(issuer)?.issuer).toBe(issuer);
    expect({ asked: setup.asked.length, checks: setup.checks }).toEqual({ asked: 1000, checks: 1000 });
  });

  test('more than five thousand servers replace those that are not in use', async () => {
    const { servers } = setUp((issuer) => optionsOf(issuer));
    const issuer = (index: number) => `https://as.example/${index}`;
    for (let index = 0; index < 6000; index += 1) {
      await servers.resolve(issuer(index));
      servers.find(issuer(0));
    }
    expect(servers.size).toBe(5000);
    expect(servers.find(issuer(0))).toBeDefined();
    expect(servers.find(issuer(1))).toBeUndefined();
  });

  test('a server that was in use before the last time that room was made is forgotten in its turn', async () => {
    const { servers } = setUp((issuer) => optionsOf(issuer));
    const issuer = (index: number) => `https://as.example/${index}`;
    for (let index = 0; index < 5000; index += 1) await servers.resolve(issuer(index));
    servers.find(issuer(0));
    for (let index = 5000; index < 9999; index += 1) await servers.resolve(issuer(index));
    expect(servers.size).toBe(5000);
    await servers.resolve(issuer(9999));
    expect(servers.find(issuer(0))).toBeUndefined();
  });

  test('ten thousand unknown issuers are asked for once each, keep no server, and displace none', async () => {
    const { servers, asked } = setUp((issuer) => (issuer === ISSUER ? optionsOf(issuer) : undefined));
    const known = await servers.resolve(ISSUER);
    const strangers = Array.from({ length: 10_000 }, (_, index) => `https://stranger.example/${index}`);
    for (const round of [1, 2]) {
      for (const stranger of strangers) {
        const answer = servers.resolve(stranger);
        expect(round === 1 || answer === undefined).toBe(true);
        expect(await answer).toBeUndefined();
      }
    }
    expect(asked).toHaveLength(10_001);
    expect([servers.size, servers.find(ISSUER)]).toEqual([1, known]);
  });

  test('more than eleven hundred questions at once are not asked, and the known issuers are not among them', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { servers, asked } = setUp(async (issuer) => {
      if (issuer === ISSUER) return optionsOf(issuer);
      return gate;
    });
    const known = await servers.resolve(ISSUER);
    const ask = async (stranger: string) => {
      try {
        await servers.resolve(stranger);
        return 'answered';
      } catch (error) {
        const { code, reason } = error as AuthorizationServerUnavailable;
        return `${code}: ${reason}`;
      }
    };
    // None waits too long, however slow the machine is.
    const { begun: outcomes } = await withTimersOf(() =>
      Array.from({ length: 2000 }, (_, index) => ask(`https://stranger.example/${index}`)),
    );
    expect(asked).toHaveLength(101);
    expect(servers.find(ISSUER)).toBe(known);
    release();
    const counts = new Map<string, number>();
    for (const outcome of await Promise.all(outcomes)) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    expect(Object.fromEntries(counts)).toEqual({
      answered: 1100,
      'resolver_overloaded: "resolveAuthorizationServer" is asked for too many issuers at once': 900,
    });
    // that there was no time for a question says nothing about the issuer
    await servers.resolve('https://stranger.example/1999');
    expect(asked.at(-1)).toBe('https://stranger.example/1999');
  });
});
