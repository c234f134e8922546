import crypto from 'node:crypto';
import { HttpException, UnauthorizedException } from '@nestjs/common';
import { Decisions } from '../../../lib/nest/advice/decisions.js';
import { StepUpLog } from '../../../lib/nest/advice/log.js';
import { PublishedMetadata } from '../../../lib/nest/advice/published-metadata.js';
import { AccessTokenException } from '../../../lib/nest/refusal/access-token.exception.js';
import { Challenger } from '../../../lib/nest/refusal/challenger.js';
import { checkOptions } from '../../../lib/nest/step-up-settings.js';
import { AccessTokenRefused } from '../../../lib/token/index.js';
import { logOfEachTest } from '../../support/application.js';
import { stringCalls } from '../../support/string-calls.js';

const ISSUER = 'https://as.example';
const log = logOfEachTest();

const settings = checkOptions({
  authorizationServers: [{ issuer: ISSUER, audience: 'https://api.example', acr: { mfa: 'urn:mfa' } }],
});

function challenger(): Challenger {
  const stepUpLog = new StepUpLog();
  return new Challenger(settings, stepUpLog, new Decisions(stepUpLog), new PublishedMetadata());
}

const requirements = { acrValues: ['urn:mfa'], maxAge: 300 };
const unmet = (claims: Record<string, unknown>, acr?: string) => ({
  at: { route: 'Bank.transfer', transport: 'http' },
  event: { issuer: ISSUER, subject: 'alice', ...(acr !== undefined && { acr }) },
  claims,
  server: settings.servers[0],
  requirements,
  reasons: ['acr_unmet', 'auth_time_missing'] as const,
});

describe('a refusal is prepared', () => {
  test.each<[what: string, refuse: (origin: { realm: string }) => AccessTokenException]>([
    ['no token', (origin) => AccessTokenException.missing(origin)],
    ['an expired token', (origin) => AccessTokenException.refused(new AccessTokenRefused('token_expired'), origin)],
  ])('for %s: the text is composed once for an application', (_, refuse) => {
    const [one, other] = [{ realm: 'one' }, { realm: 'other' }];
    expect(refuse(one).challenge).toContain('realm="one"');
    expect(stringCalls(() => refuse(one))).toBe(0);
    expect(refuse(other).challenge).toContain('realm="other"');
    expect(refuse(one).challenge).toContain('realm="one"');
  });

  test('refusals for different causes are not taken for each other', () => {
    const origin = { realm: 'api' };
    const refused = (code: 'token_expired' | 'audience_mismatch') =>
      AccessTokenException.refused(new AccessTokenRefused(code), origin).challenge;
    expect(AccessTokenException.missing(origin).challenge).toBe('Bearer realm="api"');
    expect(refused('token_expired')).toContain('The access token has expired');
    expect(refused('audience_mismatch')).toContain('The access token is for another audience');
  });

  test('for a challenge: its text and advice are composed once, and a token that is known is hashed once', () => {
    const hash = jest.spyOn(crypto, 'hash');
    const there = challenger();
    const claims = Object.freeze({ iat: 1, sid: 's' });
    there.refuse(unmet(claims, 'urn:unknown'));
    expect(log.filter((line) => /acr_unknown|auth_time_missing/.test(line))).toHaveLength(2);
    expect(hash).toHaveBeenCalledTimes(1);
    expect(stringCalls(() => there.refuse(unmet(claims, 'urn:unknown')))).toBe(0);
    expect(hash).toHaveBeenCalledTimes(1);
    hash.mockRestore();
  });

  test('once the log says that acr values are ignored, no challenge is hashed to find that out', () => {
    const hash = jest.spyOn(crypto, 'hash');
    const there = challenger();
    jest.useFakeTimers({ now: 100_000 });
    for (let seconds = 0; seconds < 4; seconds += 1) {
      there.refuse(unmet({ iat: 100 + seconds, sid: 's' }, 'urn:unknown'));
      jest.setSystemTime(Date.now() + 1000);
    }
    expect(log.join()).toContain('acr_values_ignored');
    hash.mockClear();
    there.refuse(unmet({ iat: 110, sid: 's' }, 'urn:unknown'));
    expect(hash).not.toHaveBeenCalled();
    jest.setSystemTime(Date.now() + 3_600_000);
    there.refuse(unmet({ iat: 4000, sid: 's' }, 'urn:unknown'));
    expect(hash).toHaveBeenCalledTimes(1);
    jest.useRealTimers();
    hash.mockRestore();
  });
});

describe('the exception of a refusal', () => {
  test('is an HttpException of its own for each request, without the frames of a stack trace', () => {
    const there = challenger();
    for (const create of [
      () => AccessTokenException.missing({ realm: 'api' }),
      () => there.refuse(unmet({ iat: 1 })) as HttpException,
    ]) {
      const [one, other] = [create(), create()];
      expect(one).toBeInstanceOf(HttpException);
      expect(one).not.toBe(other);
      expect(one.getResponse()).not.toBe(other.getResponse());
      expect(one.stack).not.toMatch(/\n +at /);
      expect(one.message).not.toBe('');
    }
  });

  test('leaves the stack traces of other errors alone', () => {
    const { stackTraceLimit } = Error;
    AccessTokenException.missing({ realm: 'api' });
    challenger().refuse(unmet({ iat: 1 }));
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
    expect(new UnauthorizedException().stack).toMatch(/\n +at /);
  });
});
