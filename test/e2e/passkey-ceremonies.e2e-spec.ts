import { CHALLENGE_TTL, Passkeys } from '../../sample-app/src/authorization-server/passkeys.js';
import { type Deviations, SoftwareAuthenticator } from '../support/software-authenticator.js';

describe('passkeys', () => {
  const ISSUER = 'http://localhost:3001';
  const NOW = 1_800_000_000;
  const ADAS = { accountName: 'ada', interaction: 'first' };

  let passkeys: Passkeys;
  let authenticator: SoftwareAuthenticator;

  beforeEach(() => {
    passkeys = new Passkeys(ISSUER);
    authenticator = new SoftwareAuthenticator(ISSUER);
  });

  async function create(deviations?: Deviations) {
    const { options } = await passkeys.begin(ADAS, NOW);
    return passkeys.accept(ADAS, JSON.stringify(authenticator.create(options, deviations)), NOW);
  }

  async function use(deviations?: Deviations) {
    const { options } = await passkeys.begin(ADAS, NOW);
    return passkeys.accept(ADAS, JSON.stringify(authenticator.use(options, deviations)), NOW);
  }

  it('are created once and used many times', async () => {
    expect(passkeys.has('ada')).toBe(false);
    expect(await create()).toBe('created');
    expect([await use(), await use()]).toEqual(['used', 'used']);
    expect(passkeys.has('bob')).toBe(false);
  });

  const wrong: [string, Deviations][] = [
    ['for another origin', { origin: 'http://localhost:3002' }],
    ['for the address in place of the name', { origin: 'http://127.0.0.1:3001' }],
    ['for another relying party', { rpId: 'localhost.example' }],
    ['without user verification', { isUserVerified: false }],
  ];

  it.each(wrong)('are not created %s', async (_, deviations) => {
    expect(await create(deviations)).toBe('refused');
    expect(passkeys.has('ada')).toBe(false);
    expect(await create()).toBe('created');
  });

  it.each([...wrong, ['with a counter that stands still: a copy', { counter: 5 }] as const])(
    'are not accepted %s',
    async (_, deviations) => {
      await create();
      expect(await use({ counter: 5 })).toBe('used');
      expect(await use(deviations)).toBe('refused');
      expect(await use({ counter: 6 })).toBe('used');
    },
  );

  it('a challenge holds until it expires', async () => {
    await create();
    const answerAfter = async (seconds: number) => {
      const { options } = await passkeys.begin(ADAS, NOW);
      return passkeys.accept(ADAS, JSON.stringify(authenticator.use(options)), NOW + seconds);
    };
    expect(await answerAfter(CHALLENGE_TTL - 1)).toBe('used');
    expect(await answerAfter(CHALLENGE_TTL)).toBe('refused');
  });

  it.each([
    ['another interaction', { ...ADAS, interaction: 'second' }],
    ['another account', { ...ADAS, accountName: 'bob' }],
  ])('a challenge does not count in %s', async (_, owner) => {
    const { options } = await passkeys.begin(ADAS, NOW);
    expect(await passkeys.accept(owner, JSON.stringify(authenticator.create(options)), NOW)).toBe('refused');
  });

  it('a challenge is used up by an answer that fails', async () => {
    const { options } = await passkeys.begin(ADAS, NOW);
    expect(await passkeys.accept(ADAS, 'no JSON', NOW)).toBe('refused');
    expect(await passkeys.accept(ADAS, JSON.stringify(authenticator.create(options)), NOW)).toBe('refused');
  });

  it('a challenge gives way to the next of its interaction', async () => {
    const { options } = await passkeys.begin(ADAS, NOW);
    await passkeys.begin(ADAS, NOW);
    expect(await passkeys.accept(ADAS, JSON.stringify(authenticator.create(options)), NOW)).toBe('refused');
  });

  it("somebody else's passkey is not accepted, and not taken over", async () => {
    await create();
    const bobs = { accountName: 'bob', interaction: 'second' };
    const { options } = await passkeys.begin(bobs, NOW);
    expect(await passkeys.accept(bobs, JSON.stringify(authenticator.create(options)), NOW)).toBe('refused');

    const { options: request } = await passkeys.begin(ADAS, NOW);
    const answer = JSON.stringify(new SoftwareAuthenticator(ISSUER).use(request));
    expect(await passkeys.accept(ADAS, answer, NOW)).toBe('refused');
  });

  it.each(['', 'null', '[]', '{"id":1}', '{"response":{}}'])('the answer %j is refused', async (answer) => {
    await passkeys.begin(ADAS, NOW);
    expect(await passkeys.accept(ADAS, answer, NOW)).toBe('refused');
  });
});
