import { RequireAcr } from 'nestjs-step-up';
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
