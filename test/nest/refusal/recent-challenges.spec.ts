import { RecentChallenges } from '../../../lib/nest/refusal/recent-challenges.js';

describe('what is remembered of challenges', () => {
  const issuer = 'https://as.example';
  const ask = (recent: RecentChallenges, subject: string, iat: number, now: number, sid = 'laptop') =>
    recent.isIgnored({ issuer, subject }, { iat, sid }, ['mfa'], now);

  it('two newer tokens in turn without the value show that a challenge is ignored', () => {
    const recent = new RecentChallenges();
    expect(ask(recent, 'alice', 0, 100)).toBe(false);
    expect(ask(recent, 'alice', 101, 102)).toBe(false);
    expect(ask(recent, 'alice', 101, 103)).toBe(false);
    expect(ask(recent, 'alice', 104, 105)).toBe(true);
  });

  it('a plain sign-in elsewhere is no ignored challenge', () => {
    const recent = new RecentChallenges();
    ask(recent, 'alice', 0, 100);
    expect(ask(recent, 'alice', 101, 102)).toBe(false);
  });

  it('tokens of one sign-in are of one session, without sid too', () => {
    const recent = new RecentChallenges();
    const told = [50, 101, 104].map((iat) =>
      recent.isIgnored({ issuer, subject: 'alice', authTime: 40 }, { iat }, ['mfa'], iat + 1),
    );
    expect(told).toEqual([false, false, true]);
  });

  it('sign-ins of one user in several browsers are no ignored challenge, without sid too', () => {
    const recent = new RecentChallenges();
    for (const authTime of [50, 101, 104, 107, 110]) {
      const event = { issuer, subject: 'alice', authTime };
      expect(recent.isIgnored(event, { iat: authTime }, ['mfa'], authTime + 1)).toBe(false);
    }
  });

  it('sessions of one user are told apart by sid', () => {
    const recent = new RecentChallenges();
    ask(recent, 'alice', 0, 100, 'laptop');
    for (const [iat, sid] of [
      [101, 'phone'],
      [103, 'tablet'],
      [105, 'desk'],
    ] as const) {
      expect(ask(recent, 'alice', iat, iat + 1, sid)).toBe(false);
    }
    expect(recent.size).toBe(4);
  });

  it('the challenges of a thousand sessions at most are remembered, the latest ones', () => {
    const recent = new RecentChallenges();
    for (let user = 0; user < 1500; user += 1) ask(recent, `user ${user}`, 0, 100);
    expect(recent.size).toBe(1000);
    const isKnown = (user: string) => [101, 103].map((iat) => ask(recent, user, iat, iat + 1)).at(-1);
    expect(isKnown('user 1499')).toBe(true);
    expect(isKnown('user 499')).toBe(false);
  });

  it('a session that is challenged again is among the latest ones', () => {
    const recent = new RecentChallenges();
    for (let user = 0; user < 1000; user += 1) ask(recent, `user ${user}`, 0, 100);
    ask(recent, 'user 0', 50, 100);
    ask(recent, 'user 1000', 0, 100);
    const isKnown = (user: string) => [101, 103].map((iat) => ask(recent, user, iat, iat + 1)).at(-1);
    expect(isKnown('user 0')).toBe(true);
    expect(isKnown('user 1')).toBe(false);
  });

  it.each([
    ['no issuer', { subject: 'alice' }, { iat: 1, sid: 's' }, { iat: 9, sid: 's' }],
    ['no subject', { issuer }, { iat: 1, sid: 's' }, { iat: 9, sid: 's' }],
    ['no time', { issuer, subject: 'alice' }, { sid: 's' }, { sid: 's' }],
    ['times that are none', { issuer, subject: 'alice' }, { iat: '1', sid: 's' }, { iat: Number.NaN, sid: 's' }],
    ['times in milliseconds', { issuer, subject: 'alice' }, { iat: 1.7e12, sid: 's' }, { iat: 1.8e12, sid: 's' }],
    ['neither session nor sign-in', { issuer, subject: 'alice' }, { iat: 1 }, { iat: 9 }],
    ['a sign-in in milliseconds', { issuer, subject: 'alice', authTime: 1.7e12 }, { iat: 1 }, { iat: 9 }],
  ])('nothing is remembered of an event with %s', (_, event, before, after) => {
    const recent = new RecentChallenges();
    expect(recent.isIgnored(event, before, ['mfa'], 5)).toBe(false);
    expect(recent.isIgnored(event, after, ['mfa'], 10)).toBe(false);
    expect(recent.size).toBe(0);
  });

  it('a token that has one of the acr values shows that the challenge before was heard', () => {
    const recent = new RecentChallenges();
    const event = { issuer, subject: 'alice', acrs: ['pwd'] };
    expect(recent.isIgnored(event, { iat: 1, sid: 's' }, ['mfa'], 5)).toBe(false);
    expect(recent.isIgnored(event, { iat: 6, sid: 's' }, ['mfa'], 7)).toBe(false);
    expect(recent.isIgnored({ ...event, acrs: ['pwd', 'mfa'] }, { iat: 8, sid: 's' }, ['phr'], 9)).toBe(false);
    expect(recent.isIgnored(event, { iat: 10, sid: 's' }, ['phr'], 11)).toBe(false);
    expect(recent.isIgnored(event, { iat: 12, sid: 's' }, ['phr'], 13)).toBe(true);
  });

  it('the sign-in counts if it is not known when a token was issued', () => {
    const recent = new RecentChallenges();
    const event = { issuer, subject: 'alice' };
    expect(recent.isIgnored({ ...event, authTime: 1 }, { sid: 's' }, ['mfa'], 5)).toBe(false);
    expect(recent.isIgnored({ ...event, authTime: 6 }, { sid: 's' }, ['mfa'], 10)).toBe(false);
    expect(recent.isIgnored({ ...event, authTime: 11 }, { sid: 's' }, ['mfa'], 12)).toBe(true);
  });
});
