import { RecentChallenges } from '../../../lib/nest/refusal/recent-challenges.js';

describe('what is remembered of challenges', () => {
  const issuer = 'https://as.example';
  const ask = (recent: RecentChallenges, subject: string, iat: number, now: number) =>
    recent.isIgnored({ issuer, subject }, { iat }, ['mfa'], now);

  it('the challenges of a thousand users at most are remembered, the latest ones', () => {
    const recent = new RecentChallenges();
    for (let user = 0; user < 1500; user += 1) ask(recent, `user ${user}`, 0, 100);
    expect(recent.size).toBe(1000);
    expect(ask(recent, 'user 499', 101, 102)).toBe(false);
    // pushed out by the one before
    expect(ask(recent, 'user 500', 101, 102)).toBe(false);
    expect(ask(recent, 'user 1499', 101, 102)).toBe(true);
  });

  it('a user who is challenged again is among the latest ones', () => {
    const recent = new RecentChallenges();
    for (let user = 0; user < 1000; user += 1) ask(recent, `user ${user}`, 0, 100);
    ask(recent, 'user 0', 50, 100);
    ask(recent, 'user 1000', 0, 100);
    expect(ask(recent, 'user 0', 101, 102)).toBe(true);
    expect(ask(recent, 'user 1', 101, 102)).toBe(false);
  });

  it.each([
    ['no issuer', { subject: 'alice' }, { iat: 1 }, { iat: 9 }],
    ['no subject', { issuer }, { iat: 1 }, { iat: 9 }],
    ['no time', { issuer, subject: 'alice' }, {}, {}],
    ['times that are none', { issuer, subject: 'alice' }, { iat: '1' }, { iat: Number.NaN }],
    ['times in milliseconds', { issuer, subject: 'alice' }, { iat: 1.7e12 }, { iat: 1.8e12 }],
  ])('nothing is remembered of an event with %s', (_, event, before, after) => {
    const recent = new RecentChallenges();
    expect(recent.isIgnored(event, before, ['mfa'], 5)).toBe(false);
    expect(recent.isIgnored(event, after, ['mfa'], 10)).toBe(false);
    expect(recent.size).toBe(0);
  });

  it('one of several acr values is enough for a challenge not to be in vain', () => {
    const recent = new RecentChallenges();
    const event = { issuer, subject: 'alice', acrs: ['pwd'] };
    expect(recent.isIgnored(event, { iat: 1 }, ['mfa'], 5)).toBe(false);
    expect(recent.isIgnored({ ...event, acrs: ['pwd', 'mfa'] }, { iat: 6 }, ['phr'], 7)).toBe(false);
    expect(recent.isIgnored(event, { iat: 8 }, ['phr'], 9)).toBe(true);
  });

  it('the sign-in counts if it is not known when a token was issued', () => {
    const recent = new RecentChallenges();
    const event = { issuer, subject: 'alice' };
    expect(recent.isIgnored({ ...event, authTime: 1 }, {}, ['mfa'], 5)).toBe(false);
    expect(recent.isIgnored({ ...event, authTime: 6 }, {}, ['mfa'], 10)).toBe(true);
  });
});
