import { type AuthorizationServerProfile, RequireAcr, type StepUpRequirements } from 'nestjs-step-up';
import { logOfEachTest } from '../../support/application.js';
import { bootFailure, bootServer } from '../../support/boot.js';
import { handler } from '../../support/handler.js';

const log = logOfEachTest();

describe('values that say nothing new', () => {
  const FIX = 'leave it out, as a word beside it stands for it';
  it.each<{
    what: string;
    acrValues: string[];
    acr: Record<string, string | string[]>;
    order?: string[];
    said?: string;
  }>([
    { what: 'a word and its string', acrValues: ['mfa', 'urn:otp'], acr: { mfa: 'urn:otp' }, said: '"urn:otp"' },
    {
      what: 'a word and the first of its strings',
      acrValues: ['urn:otp', 'mfa'],
      acr: { mfa: ['urn:otp', 'urn:push'] },
      said: '"urn:otp"',
    },
    {
      what: 'a word and two of its strings',
      acrValues: ['mfa', 'a', 'b'],
      acr: { mfa: ['a', 'b'] },
      said: '"a", "b"',
    },
    {
      what: 'the string of a stronger word',
      acrValues: ['mfa', 'b'],
      acr: { mfa: 'a', phr: 'b' },
      order: ['phr', 'mfa'],
      said: '"b"',
    },
    { what: 'a string that comes before others of its word', acrValues: ['b', 'mfa'], acr: { mfa: ['a', 'b'] } },
    { what: 'two strings of one word', acrValues: ['a', 'b'], acr: { mfa: ['a', 'b'] } },
    { what: 'two words', acrValues: ['phr', 'mfa'], acr: { mfa: 'a', phr: 'b' } },
    { what: 'two words of an order', acrValues: ['mfa', 'phr'], acr: { mfa: 'a', phr: 'b' }, order: ['phr', 'mfa'] },
    { what: 'two words for one string', acrValues: ['mfa', 'otp'], acr: { mfa: 'a', otp: 'a' } },
    { what: 'a word by itself', acrValues: ['mfa'], acr: { mfa: 'mfa' } },
  ])('the boot says which acr values change nothing: $what', async ({ acrValues, acr, order, said: duplicates }) => {
    const server = { ...bootServer, acr, ...(order !== undefined && { order }) };
    const options = { authorizationServers: [server] };
    const boot = { controllers: [handler(RequireAcr(acrValues))], options };
    const message = `${duplicates} in ${JSON.stringify(acrValues)} changes nothing; ${FIX}`;
    await bootFailure(boot);
    expect(log.filter((line) => line.startsWith('[acr_duplicate]'))).toEqual(
      duplicates === undefined ? [] : [`[acr_duplicate] HandlerController.handle: ${message}`],
    );
    expect(await bootFailure({ ...boot, options: { ...options, audit: 'throw' } })).toEqual(
      duplicates === undefined ? undefined : new TypeError(`Boot audit: HandlerController.handle: ${message}`),
    );
  });

  it('no acr value changes nothing if another server understands it otherwise', async () => {
    const options = {
      authorizationServers: [
        { ...bootServer, acr: { mfa: 'urn:otp' } },
        { ...bootServer, issuer: 'https://other.example', acr: 'literal' as const },
      ],
    };
    await bootFailure({ controllers: [handler(RequireAcr(['mfa', 'urn:otp']))], options });
    expect(log.filter((line) => line.startsWith('[acr_duplicate]'))).toEqual([]);
  });
});

describe('requirements that no token of a server can meet', () => {
  const FIX = 'require it only of tokens of another server, or correct "issues" of the profile if yours issues it';
  const issues = { acr: 'never', authTime: 'never' } as const;
  const entries = { form: 'entries', method: 'method', time: 'at' } as const;
  const route = `HandlerController.handle ${bootServer.issuer}`;
  const ACR = `[acr_never_issued] ${route}: access tokens of X never carry acr, and no "methods" of its profile tell it: every token is refused; ${FIX}`;
  const AGE = `[auth_time_never_issued] ${route}: access tokens of X never carry auth_time, so that maxAge 300 can never be met; ${FIX}`;

  it.each<{ what: string; profile: AuthorizationServerProfile; required: StepUpRequirements; said: string[] }>([
    { what: 'nothing is told', profile: { issues }, required: { acrValues: ['mfa'], maxAge: 300 }, said: [ACR, AGE] },
    {
      what: 'no acr is told',
      profile: { issues: { acr: 'never' } },
      required: { acrValues: ['mfa'], maxAge: 300 },
      said: [ACR],
    },
    {
      what: 'no time is told',
      profile: { issues: { authTime: 'never' } },
      required: { acrValues: ['mfa'], maxAge: 300 },
      said: [AGE],
    },
    { what: 'what is not told is not required', profile: { issues }, required: { scope: 'a' }, said: [] },
    {
      what: 'methods tell both',
      profile: { issues, methods: { ...entries, acr: { mfa: ['otp'] } } },
      required: { acrValues: ['mfa'], maxAge: 300 },
      said: [],
    },
    {
      what: 'methods tell the acr alone',
      profile: { issues, methods: { acr: { mfa: ['otp'] } } },
      required: { acrValues: ['mfa'], maxAge: 300 },
      said: [AGE],
    },
    {
      what: 'methods tell another acr',
      profile: { issues, methods: { ...entries, acr: { phr: ['hwk'] } } },
      required: { acrValues: ['mfa'], maxAge: 300 },
      said: [ACR, AGE],
    },
    {
      what: 'methods tell the time of the sign-in',
      profile: { issues, methods: { ...entries, authTime: ['pwd'] } },
      required: { maxAge: 300 },
      said: [],
    },
    {
      what: 'a profile says nothing',
      profile: { title: 'X' },
      required: { acrValues: ['mfa'], maxAge: 300 },
      said: [],
    },
  ])('the boot says it: $what', async ({ profile, required, said }) => {
    const options = { authorizationServers: [{ ...bootServer, profile: { title: 'X', ...profile } }] };
    await bootFailure({ controllers: [handler(RequireAcr(required))], options });
    expect(log.filter((line) => /^\[(?:acr|auth_time)_never_issued\]/.test(line))).toEqual(said);
  });
});
