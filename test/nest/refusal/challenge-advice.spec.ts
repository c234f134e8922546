import { Get } from '@nestjs/common';
import { type Advice, type AuthorizationServerProfile, RequireAcr, StepUpService } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAccessTokenOptions } from 'nestjs-step-up/testing';
import type { FurtherOptions } from '../../support/application.js';
import { stopClock } from '../../support/clock.js';
import { describeOverHttp, type Send } from '../../support/describe-over-http.js';
import { handler } from '../../support/handler.js';

const T0 = 1_800_000_000;
const ACR = { mfa: ['urn:otp', 'urn:push'], phr: 'urn:phr' };
const IGNORED = {
  code: 'acr_values_ignored',
  message:
    'after two challenges in turn, newer tokens have none of the acr values that were asked for: the client does not send ' +
    'them, or the authorization server takes them for a hint',
  fix:
    'check that the client sends acr_values, let it ask for an essential acr claim if the server accepts the claims ' +
    'parameter, and set up the levels at the server',
};

describeOverHttp('what tokens tell', ({ serve, accessToken, server, log }) => {
  let send: Send;
  let heard: Advice[];
  beforeEach(() => stopClock(T0 * 1000));
  afterEach(() => void jest.useRealTimers());

  async function serveBank(options: FurtherOptions = {}) {
    const { issuer, audience } = server;
    send = await serve(
      [
        handler(Get('mfa'), RequireAcr('mfa')),
        handler(Get('phr'), RequireAcr('phr')),
        handler(Get('recent'), RequireAcr({ maxAge: 300 })),
      ],
      { authorizationServers: [{ issuer, audience, acr: ACR }], ...options },
    );
    heard = [];
    send.app.get(StepUpService).onAdvice((advice) => heard.push(advice));
  }
  const statusOf = async (path: string, token: TestAccessTokenOptions) =>
    (await send({ path: `/${path}`, token: await accessToken(token) })).status;
  const advised = () => log.filter((line) => /^\[(?!reported|report_mode|routes)/.test(line));

  type Told = Pick<Advice, 'code' | 'message' | 'fix'>;
  const NO_ACR: Told = {
    code: 'acr_missing',
    message: 'tokens carry no acr',
    fix: 'have it put into access tokens, or let "introspection.when" be \'event-missing\' if the server tells it there',
  };
  const illTyped = (kind: string): Told => ({
    code: 'acr_ill_typed',
    message: `acr in tokens is not ${kind}, which counts as none`,
    fix: `have it issued as ${kind}, or say in "acrType" of a profile what it is`,
  });
  const unknown = (shown: string): Told => ({
    code: 'acr_unknown',
    message: `tokens carry ${shown} that no word in "authorizationServers[].acr" stands for`,
    fix: 'if it stands for one of your words, add it there; if it is of a stronger sign-in, give it a word and declare the "order"; nothing is wrong if it is of a weaker one',
  });
  const LONG = 'a'.repeat(100);

  it.each<[what: string, path: string, token: TestAccessTokenOptions, expected: Told | undefined]>([
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
      {
        code: 'auth_time_missing',
        message: 'tokens carry no auth_time, so maxAge 300 can never be met',
        fix: 'have it put into access tokens, or let "introspection.when" be \'event-missing\' if the server tells it there',
      },
    ],
    [
      'auth_time in milliseconds',
      'recent',
      { authTime: T0 * 1000 },
      {
        code: 'auth_time_invalid',
        message: 'auth_time is not a number of seconds; it looks like milliseconds or text',
        fix: 'have it issued in seconds since the epoch',
      },
    ],
    [
      'auth_time in the future',
      'recent',
      { authTime: T0 + 60 },
      { code: 'auth_time_in_future', message: 'auth_time lies in the future', fix: 'compare the clocks' },
    ],
    ['nothing where the sign-in is merely too old', 'recent', { authTime: T0 - 400 }, undefined],
  ])('a token is told of once for its issuer, with the fix: %s', async (_what, path, token, expected) => {
    await serveBank();
    expect([await statusOf(path, token), await statusOf(path, token)]).toEqual([401, 401]);
    expect(heard).toEqual(expected === undefined ? [] : [{ ...expected, subject: server.issuer }]);
    expect(advised()).toEqual(
      expected === undefined ? [] : [`[${expected.code}] ${server.issuer}: ${expected.message}; ${expected.fix}`],
    );
  });

  it('an unknown acr is told once for each issuer, whatever other comes after it', async () => {
    const second = await createTestAuthorizationServer();
    try {
      await serveBank({
        authorizationServers: [server, second].map(({ issuer, audience }) => ({ issuer, audience, acr: ACR })),
      });
      for (const acr of ['urn:pwd', 'urn:sms']) {
        await statusOf('mfa', { acr });
        await send({ path: '/mfa', token: await second.accessToken({ acr }) });
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
    [what: string, profile: AuthorizationServerProfile, claims: Record<string, unknown>, expected: Told | undefined]
  >([
    ['a list where a number is expected', { acrType: 'number' }, { acr: [2] }, illTyped('a number')],
    ['a text where a list is expected', { acrType: 'list' }, { acr: 'urn:otp' }, illTyped('a list of strings')],
    ['no acr at the place of the profile', { claims: { acr: 'level' } }, { acr: 'urn:otp' }, NO_ACR],
    ['an unknown one there', { claims: { acr: 'level' } }, { level: 'urn:pwd' }, unknown('the acr "urn:pwd"')],
    ['an unknown number', { acrType: 'number' }, { acr: 1 }, unknown('the acr "1"')],
    ['one that is unknown alone in a list', { acrType: 'list' }, { acr: ['urn:pwd'] }, unknown('the acr "urn:pwd"')],
    ['several that are unknown', { acrType: 'list' }, { acr: ['urn:pwd', 'urn:sms'] }, unknown('an acr')],
    ['an unknown one beside a known one', { acrType: 'list' }, { acr: ['urn:pwd', 'urn:phr'] }, undefined],
  ])('what a token tells depends on the profile: %s', async (_what, profile, claims, expected) => {
    const { issuer, audience } = server;
    await serveBank({ authorizationServers: [{ issuer, audience, acr: ACR, profile }] });
    expect(await statusOf('mfa', { claims })).toBe(401);
    expect(heard).toEqual(expected === undefined ? [] : [{ ...expected, subject: issuer }]);
  });

  it('no acr is unknown if strings stand for themselves', async () => {
    const { issuer, audience } = server;
    await serveBank({ authorizationServers: [{ issuer, audience }] });
    expect(await statusOf('mfa', { acr: 'urn:pwd' })).toBe(401);
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
          await statusOf(path, {
            acr: 'urn:phr',
            authTime: iat,
            expiresIn: 3600,
            ...token,
            claims: { iat, sid: 'laptop', ...token.claims },
          }),
        );
      }
      return statuses;
    }

    const first: Request = { at: 0, issued: -60 };
    const withoutSid = { claims: { sid: undefined } };

    it.each<[what: string, requests: Request[]]>([
      ['two tokens issued afterwards, without the acr', [first, { at: 1 }, { at: 2 }]],
      ['the last second of ten minutes', [first, { at: 600 }, { at: 1200 }]],
      ['tokens without any acr', [first, { at: 1, acr: undefined }, { at: 2, acr: undefined }]],
      ['refreshed tokens, of the same sign-in', [first, { at: 1, authTime: T0 - 60 }, { at: 2, authTime: T0 - 60 }]],
      [
        'refreshed tokens of the same sign-in, of a server without sid',
        [
          { ...first, ...withoutSid },
          { at: 1, authTime: T0 - 60, ...withoutSid },
          { at: 2, authTime: T0 - 60, ...withoutSid },
        ],
      ],
      [
        'several requests with the refused token in between',
        [first, { at: 8, issued: -60 }, { at: 9, issued: 5 }, { at: 10, issued: 5 }, { at: 11 }],
      ],
      ['challenges after one that was heard', [first, { at: 5, acr: 'urn:otp' }, { at: 60, issued: 30 }, { at: 99 }]],
    ])('a challenge that comes to nothing is told of: %s', async (_what, requests) => {
      await serveBank();
      await sendAll(requests);
      expect(heard.filter(({ code }) => code === IGNORED.code)).toEqual([{ ...IGNORED, subject: server.issuer }]);
      expect(advised().filter((line) => line.startsWith('[acr_values_ignored]'))).toEqual([
        `[acr_values_ignored] ${server.issuer}: ${IGNORED.message}; ${IGNORED.fix}`,
      ]);
    });

    it.each<[supported: boolean, fix: string]>([
      [
        true,
        'check that the client sends acr_values, let it ask for an essential acr claim, and set up the levels at the server',
      ],
      [false, 'check that the client sends acr_values, and set up the levels at the server'],
    ])('SRV-13 the claims parameter is advised only if the metadata offers it: %s', async (supported, fix) => {
      const original = globalThis.fetch;
      const fetched = jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
        const response = await original(input, init);
        if (!String(input).includes('/.well-known/')) return response;
        return Response.json({ ...((await response.json()) as object), claims_parameter_supported: supported });
      });
      try {
        await serveBank({ metadataAudit: 'await' });
        await sendAll([first, { at: 1 }, { at: 2 }]);
      } finally {
        fetched.mockRestore();
      }
      expect(heard.filter(({ code }) => code === IGNORED.code)).toEqual([{ ...IGNORED, fix, subject: server.issuer }]);
    });

    it.each<[what: string, requests: Request[], statuses: number[], mode?: 'report']>([
      ['one challenge', [first], [401]],
      ['a plain sign-in elsewhere', [first, { at: 1 }], [401, 401]],
      [
        'plain sign-ins of other sessions',
        [first, { at: 1, claims: { sid: 'a' } }, { at: 2, claims: { sid: 'b' } }, { at: 3, claims: { sid: 'c' } }],
        [401, 401, 401, 401],
      ],
      [
        'plain sign-ins in other browsers, of a server without sid',
        [
          { ...first, ...withoutSid },
          { at: 1, ...withoutSid },
          { at: 2, ...withoutSid },
          { at: 3, ...withoutSid },
        ],
        [401, 401, 401, 401],
      ],
      ['the same token again', [first, { at: 1, issued: -60 }, { at: 30, issued: -60 }], [401, 401, 401]],
      ['a token issued before the challenge', [first, { at: 30, issued: -30 }], [401, 401]],
      ['a token of an acr that is enough', [first, { at: 1, acr: 'urn:otp' }], [401, 200]],
      ['a user who comes back later than ten minutes', [first, { at: 601 }, { at: 1202 }], [401, 401, 401]],
      ['another user', [first, { at: 1, subject: 'bob' }, { at: 2, subject: 'eve' }], [401, 401, 401]],
      ['another client', [first, { at: 1, clientId: 'a' }, { at: 2, clientId: 'b' }], [401, 401, 401]],
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
      ['report mode, which challenges nobody', [first, { at: 1 }, { at: 2 }], [200, 200, 200], 'report'],
    ])('a challenge is not told of as coming to nothing: %s', async (_what, requests, statuses, mode = undefined) => {
      await serveBank({ mode });
      expect(await sendAll(requests)).toEqual(statuses);
      expect(heard.filter(({ code }) => code === IGNORED.code)).toEqual([]);
    });
  });
});
