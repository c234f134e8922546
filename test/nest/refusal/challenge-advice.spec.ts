import { Controller, Get, Injectable } from '@nestjs/common';
import {
  type Advice,
  type AuthorizationServerProfile,
  RequireAcr,
  type StepUpModuleOptions,
  StepUpService,
} from 'nestjs-step-up';
import {
  createTestAuthorizationServer,
  type TestAccessTokenOptions,
  type TestAuthorizationServer,
} from 'nestjs-step-up/testing';
import { StepUpLog } from '../../../lib/nest/advice/log.js';
import { RecentChallenges } from '../../../lib/nest/refusal/recent-challenges.js';
import { adapters, captureLog, type RunningApplication, startApplication } from '../../support/application.js';
import { bootedService } from '../../support/boot.js';

@Controller()
class BankController {
  @Get('mfa')
  @RequireAcr('mfa')
  mfa() {
    return {};
  }

  @Get('phr')
  @RequireAcr('phr')
  phr() {
    return {};
  }

  @Get('recent')
  @RequireAcr({ maxAge: 300 })
  recent() {
    return {};
  }
}

const T0 = 1_800_000_000;
const ACR = { mfa: ['urn:otp', 'urn:push'], phr: 'urn:phr' };
const IGNORED = {
  code: 'acr_values_ignored',
  message:
    'a token newer than a challenge has none of the acr values that were asked for: the user has signed in anew by ' +
    'themselves, the client does not send them, or the authorization server takes them for a hint',
  fix: 'look whether the client sends acr_values, have it ask for an essential acr claim, and set up the levels at the server',
};

const log = captureLog();
let server: TestAuthorizationServer;
beforeAll(async () => {
  server = await createTestAuthorizationServer();
});
beforeEach(() => {
  jest.useFakeTimers({
    now: T0 * 1000,
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  });
});
afterEach(() => jest.useRealTimers());
afterAll(async () => {
  log.restore();
  await server?.close();
});

describe.each(adapters)('what tokens tell, %s', (_, createAdapter) => {
  let application: RunningApplication;
  let heard: Advice[];

  async function start(options: Partial<StepUpModuleOptions> = {}) {
    const { issuer, audience } = server;
    application = await startApplication({
      createAdapter,
      controllers: [BankController],
      options: { authorizationServers: [{ issuer, audience, acr: ACR }], ...options },
    });
    heard = [];
    application.app.get(StepUpService).onAdvice((advice) => heard.push(advice));
    log.lines.length = 0;
  }
  afterEach(() => application?.close());

  const send = async (path: string, token: TestAccessTokenOptions) =>
    (await application.send(`/${path}`, { token: await server.accessToken(token) })).status;

  const advised = () => log.lines.filter((line) => !line.startsWith('[reported]'));

  const NO_ACR = ['acr_missing', 'tokens carry no acr', 'have the authorization server put it into access tokens'];
  const illTyped = (kind: string) => [
    'acr_ill_typed',
    `acr in tokens is not ${kind}, which counts as none`,
    `have it issued as ${kind}, or say in "acrType" of a profile what it is`,
  ];
  const unknown = (shown: string) => [
    'acr_unknown',
    `tokens carry ${shown} that no word in "authorizationServers[].acr" stands for`,
    'add it to the word that it is enough for, if there is one',
  ];
  const LONG = 'a'.repeat(100);

  it.each<[what: string, path: string, token: TestAccessTokenOptions, expected: string[] | undefined]>([
    ['no acr', 'mfa', {}, NO_ACR],
    ['an acr that is no string', 'mfa', { acr: 2 }, illTyped('a string')],
    ['an acr that no word stands for', 'mfa', { acr: 'urn:pwd' }, unknown('the acr "urn:pwd"')],
    ['a word in place of a string', 'mfa', { acr: 'mfa' }, unknown('the acr "mfa"')],
    ['an acr of 100 characters', 'mfa', { acr: LONG }, unknown(`the acr "${LONG}"`)],
    ['a longer one, which is not shown', 'mfa', { acr: `${LONG}a` }, unknown('an acr')],
    ['one with a space, which is not shown', 'mfa', { acr: 'Jane Doe' }, unknown('an acr')],
    ['one with a line break, which is not shown', 'mfa', { acr: 'a\n[misconfigured]' }, unknown('an acr')],
    ['one beyond ASCII, which is not shown', 'mfa', { acr: 'höher' }, unknown('an acr')],
    ['the acr of another word', 'mfa', { acr: 'urn:phr' }, undefined],
    ['any acr where none is required', 'recent', { acr: 'urn:pwd', authTime: T0 - 400 }, undefined],
    [
      'RS-52 no auth_time',
      'recent',
      { authTime: null },
      [
        'auth_time_missing',
        'tokens carry no auth_time, so maxAge 300 can never be met',
        'have it put into access tokens, or let "introspection.when" be \'auth-time-missing\' where the server tells it there',
      ],
    ],
    [
      'auth_time in milliseconds',
      'recent',
      { authTime: T0 * 1000 },
      [
        'auth_time_invalid',
        'auth_time is no number of seconds; it looks like milliseconds or text',
        'have it issued in seconds since the epoch',
      ],
    ],
    [
      'auth_time in the future',
      'recent',
      { authTime: T0 + 60 },
      ['auth_time_in_future', 'auth_time lies in the future', 'compare the clocks'],
    ],
    ['nothing where the sign-in is merely too old', 'recent', { authTime: T0 - 400 }, undefined],
  ])('%s: told once for the issuer, with the fix', async (_what, path, token, expected) => {
    await start();
    expect([await send(path, token), await send(path, token)]).toEqual([401, 401]);
    const [code, message, fix] = expected ?? [];
    expect(heard).toEqual(expected === undefined ? [] : [{ code, subject: server.issuer, message, fix }]);
    expect(advised()).toEqual(expected === undefined ? [] : [`[${code}] ${server.issuer}: ${message}; ${fix}`]);
  });

  it('an unknown acr is told once for each issuer, whatever other comes after it', async () => {
    const second = await createTestAuthorizationServer();
    try {
      await start({
        authorizationServers: [server, second].map(({ issuer, audience }) => ({ issuer, audience, acr: ACR })),
      });
      for (const acr of ['urn:pwd', 'urn:sms']) {
        await send('mfa', { acr });
        await application.send('/mfa', { token: await second.accessToken({ acr }) });
      }
      const message = 'tokens carry the acr "urn:pwd" that no word in "authorizationServers[].acr" stands for';
      expect(heard.map((advice) => [advice.subject, advice.message])).toEqual([
        [server.issuer, message],
        [second.issuer, message],
      ]);
    } finally {
      await second.close();
    }
  });

  it.each<
    [what: string, profile: AuthorizationServerProfile, claims: Record<string, unknown>, expected: string[] | undefined]
  >([
    ['a list where a number is expected', { acrType: 'number' }, { acr: [2] }, illTyped('a number')],
    ['a text where a list is expected', { acrType: 'list' }, { acr: 'urn:otp' }, illTyped('a list of strings')],
    ['no acr at the place of the profile', { claims: { acr: 'level' } }, { acr: 'urn:otp' }, NO_ACR],
    ['an unknown one there', { claims: { acr: 'level' } }, { level: 'urn:pwd' }, unknown('the acr "urn:pwd"')],
    ['an unknown number', { acrType: 'number' }, { acr: 1 }, unknown('the acr "1"')],
    ['one that is unknown alone in a list', { acrType: 'list' }, { acr: ['urn:pwd'] }, unknown('the acr "urn:pwd"')],
    ['several that are unknown', { acrType: 'list' }, { acr: ['urn:pwd', 'urn:sms'] }, unknown('an acr')],
    ['an unknown one beside a known one', { acrType: 'list' }, { acr: ['urn:pwd', 'urn:phr'] }, undefined],
  ])('goes by the profile: %s', async (_what, profile, claims, expected) => {
    const { issuer, audience } = server;
    await start({ authorizationServers: [{ issuer, audience, acr: ACR, profile }] });
    expect(await send('mfa', { claims })).toBe(401);
    const [code, message, fix] = expected ?? [];
    expect(heard).toEqual(expected === undefined ? [] : [{ code, subject: issuer, message, fix }]);
  });

  it('no acr is unknown where strings stand for themselves', async () => {
    const { issuer, audience } = server;
    await start({ authorizationServers: [{ issuer, audience }] });
    expect(await send('mfa', { acr: 'urn:pwd' })).toBe(401);
    expect(heard).toEqual([]);
  });

  describe('a challenge that comes to nothing', () => {
    interface Request extends TestAccessTokenOptions {
      /** Seconds after the start at which it is sent. */
      at: number;
      /** When its token is issued, and the user has signed in. Default is when it is sent. */
      issued?: number;
      path?: string;
    }

    async function sendAll(requests: readonly Request[]): Promise<number[]> {
      const statuses: number[] = [];
      for (const { at, issued = at, path = 'mfa', ...token } of requests) {
        const iat = T0 + issued;
        jest.setSystemTime((T0 + at) * 1000);
        statuses.push(
          await send(path, {
            acr: 'urn:phr',
            authTime: iat,
            expiresIn: 3600,
            ...token,
            claims: { iat, ...token.claims },
          }),
        );
      }
      return statuses;
    }

    const first: Request = { at: 0, issued: -60 };

    it.each<[what: string, requests: Request[]]>([
      ['a token issued afterwards, without the acr', [first, { at: 1 }]],
      ['the last second of ten minutes', [first, { at: 600 }]],
      ['a token without any acr', [first, { at: 1, acr: undefined }]],
      ['a refreshed token, of the same sign-in', [first, { at: 1, authTime: T0 - 60 }]],
      ['several requests with the refused token in between', [first, { at: 8, issued: -60 }, { at: 9, issued: 5 }]],
      [
        'the second challenge that comes to nothing',
        [first, { at: 5, acr: 'urn:otp' }, { at: 60, issued: 30 }, { at: 99 }],
      ],
    ])('is noticed: %s', async (_what, requests) => {
      await start();
      await sendAll(requests);
      expect(heard.filter(({ code }) => code === IGNORED.code)).toEqual([{ ...IGNORED, subject: server.issuer }]);
      expect(advised().filter((line) => line.startsWith('[acr_values_ignored]'))).toEqual([
        `[acr_values_ignored] ${server.issuer}: ${IGNORED.message}; ${IGNORED.fix}`,
      ]);
    });

    it.each<[what: string, requests: Request[], statuses: number[], mode?: 'report']>([
      ['one challenge', [first], [401]],
      ['the same token again', [first, { at: 1, issued: -60 }, { at: 30, issued: -60 }], [401, 401, 401]],
      ['a token issued before the challenge', [first, { at: 30, issued: -30 }], [401, 401]],
      ['a token of an acr that is enough', [first, { at: 1, acr: 'urn:otp' }], [401, 200]],
      ['a user who comes back later than ten minutes', [first, { at: 601 }], [401, 401]],
      ['another user', [first, { at: 1, subject: 'bob' }], [401, 401]],
      ['another client', [first, { at: 1, clientId: 'other' }], [401, 401]],
      [
        'a token that has what was asked for, where more is required',
        [first, { at: 1, acr: 'urn:otp', path: 'phr' }],
        [401, 401],
      ],
      [
        'a challenge for another age',
        [
          { ...first, path: 'recent', authTime: T0 - 400 },
          { at: 1, path: 'recent', authTime: T0 - 400 },
        ],
        [401, 401],
      ],
      ['report mode, which challenges nobody', [first, { at: 1 }], [200, 200], 'report'],
    ])('is not told of: %s', async (_what, requests, statuses, mode = undefined) => {
      await start({ mode });
      expect(await sendAll(requests)).toEqual(statuses);
      expect(heard.filter(({ code }) => code === IGNORED.code)).toEqual([]);
    });
  });
});

describe('what is remembered of challenges', () => {
  const issuer = 'https://as.example';
  const ask = (recent: RecentChallenges, subject: string, iat: number, now: number) =>
    recent.isIgnored({ issuer, subject }, { iat }, ['mfa'], now);

  it('is of a thousand users at most, the latest ones', () => {
    const recent = new RecentChallenges();
    for (let user = 0; user < 1500; user += 1) ask(recent, `user ${user}`, 0, 100);
    expect(recent.size).toBe(1000);
    expect(['user 499', 'user 500', 'user 1499'].map((user) => ask(recent, user, 101, 102))).toEqual([
      false,
      // pushed out by the one before
      false,
      true,
    ]);
  });

  it('is of the latest ones, among them who was challenged anew', () => {
    const recent = new RecentChallenges();
    for (let user = 0; user < 1000; user += 1) ask(recent, `user ${user}`, 0, 100);
    ask(recent, 'user 0', 50, 100);
    ask(recent, 'user 1000', 0, 100);
    expect([ask(recent, 'user 0', 101, 102), ask(recent, 'user 1', 101, 102)]).toEqual([true, false]);
  });

  it.each([
    ['no issuer', { subject: 'alice' }, { iat: 1 }, { iat: 9 }],
    ['no subject', { issuer }, { iat: 1 }, { iat: 9 }],
    ['no time', { issuer, subject: 'alice' }, {}, {}],
    ['times that are none', { issuer, subject: 'alice' }, { iat: '1' }, { iat: Number.NaN }],
    ['times in milliseconds', { issuer, subject: 'alice' }, { iat: 1.7e12 }, { iat: 1.8e12 }],
  ])('is nothing with %s', (_, event, before, after) => {
    const recent = new RecentChallenges();
    expect(recent.isIgnored(event, before, ['mfa'], 5)).toBe(false);
    expect(recent.isIgnored(event, after, ['mfa'], 10)).toBe(false);
    expect(recent.size).toBe(0);
  });

  it('knows that one of several acr values is enough', () => {
    const recent = new RecentChallenges();
    const event = { issuer, subject: 'alice', acrs: ['pwd'] };
    expect(recent.isIgnored(event, { iat: 1 }, ['mfa'], 5)).toBe(false);
    expect(recent.isIgnored({ ...event, acrs: ['pwd', 'mfa'] }, { iat: 6 }, ['phr'], 7)).toBe(false);
    expect(recent.isIgnored(event, { iat: 8 }, ['phr'], 9)).toBe(true);
  });

  it('goes by the sign-in where it is not known when a token was issued', () => {
    const recent = new RecentChallenges();
    const event = { issuer, subject: 'alice' };
    expect(recent.isIgnored({ ...event, authTime: 1 }, {}, ['mfa'], 5)).toBe(false);
    expect(recent.isIgnored({ ...event, authTime: 6 }, {}, ['mfa'], 10)).toBe(true);
  });
});

describe('StepUpService.onAdvice', () => {
  const advice = { code: 'auth_time_missing', subject: 'https://as.example', message: 'none', fix: 'add it' };

  it('tells of the boot whoever listens from the start, and whoever comes later', async () => {
    const early: Advice[] = [];
    @Injectable()
    class Monitoring {
      constructor(stepUp: StepUpService) {
        stepUp.onAdvice((heard) => early.push(heard));
      }
    }
    @Controller()
    class TransferController {
      @Get()
      @RequireAcr({ maxAge: 10 })
      create() {}
    }
    const service = await bootedService({ controllers: [TransferController], providers: [Monitoring] });
    const expected = {
      code: 'max_age_short',
      subject: 'TransferController.create',
      message: 'maxAge 10 may be over before the user is back',
      fix: 'give at least 30',
    };
    const late: Advice[] = [];
    service.onAdvice((heard) => late.push(heard));
    expect([early, late]).toEqual([[expected], [expected]]);
    expect(service.routes()[0]?.advice).toEqual([expected]);
    expect(Object.isFrozen(late[0])).toBe(true);
  });

  it('tells once for each code and subject, until the listener is taken off', () => {
    const stepUpLog = new StepUpLog();
    const heard = jest.fn();
    const off = stepUpLog.onAdvice(heard);
    stepUpLog.advise(advice);
    stepUpLog.advise({ ...advice, message: 'another' });
    stepUpLog.advise({ ...advice, subject: 'https://other.example' });
    off();
    stepUpLog.advise({ ...advice, code: 'acr_missing' });
    expect(heard.mock.calls).toEqual([[advice], [{ ...advice, subject: 'https://other.example' }]]);
  });

  it('a listener that fails, at once or later, keeps nobody from anything', async () => {
    log.lines.length = 0;
    const stepUpLog = new StepUpLog();
    const heard = jest.fn();
    stepUpLog.onAdvice(() => {
      throw new Error('metrics are down');
    });
    stepUpLog.onAdvice(async () => {
      throw new Error('the database is down');
    });
    stepUpLog.onAdvice(heard);
    stepUpLog.advise(advice);
    await Promise.resolve();
    await Promise.resolve();
    expect(heard.mock.calls).toEqual([[advice]]);
    expect(log.lines).toEqual([
      '[auth_time_missing] https://as.example: none; add it',
      '[listener_failed] onAdvice: metrics are down',
      '[listener_failed] onAdvice: the database is down',
    ]);
  });

  it('a failure of a listener writes no line of its own, and whatever it throws is told', async () => {
    log.lines.length = 0;
    const stepUpLog = new StepUpLog();
    stepUpLog.onAdvice(() => {
      throw new Error('502\n[StepUp] all is well \u001b[2J\u2028');
    });
    stepUpLog.onAdvice(async () => {
      throw Object.assign(new Error(), { message: Symbol('none') });
    });
    stepUpLog.onAdvice(() => {
      const trap = () => {
        throw new Error('trapped');
      };
      throw new Proxy(new Error(), { get: trap, getPrototypeOf: trap });
    });
    stepUpLog.advise(advice);
    await Promise.resolve();
    await Promise.resolve();
    expect(log.lines.slice(1).sort()).toEqual([
      '[listener_failed] onAdvice: 502\\u000a[StepUp] all is well \\u001b[2J\\u2028',
      '[listener_failed] onAdvice: Symbol(none)',
      '[listener_failed] onAdvice: object',
    ]);
  });
});
