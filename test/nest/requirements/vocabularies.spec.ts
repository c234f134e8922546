import { Controller } from '@nestjs/common';
import { type AuthorizationServerOptions, RequireAcr, type StepUpModuleOptions } from 'nestjs-step-up';
import { parseStepUpChallenge, verifyStepUp } from 'nestjs-step-up/client';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { logOfEachTest } from '../../support/application.js';
import { bootFailure, bootServer } from '../../support/boot.js';
import { accessDenied, challenged } from '../../support/challenged.js';
import { secondsAgo } from '../../support/clock.js';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { handler } from '../../support/handler.js';

type Words = Pick<AuthorizationServerOptions, 'acr' | 'order'>;

const words = {
  first: { acr: { mfa: 'urn:first:mfa', phr: 'urn:first:phr', badge: 'urn:first:badge' } },
  second: { acr: { phr: 'key', mfa: ['otp', 'push'] } },
  ordered: { acr: { pwd: '1', mfa: ['2', '2a'], phr: '3', vault: '4' }, order: ['vault', 'phr', 'mfa', 'pwd'] },
  literal: { acr: 'literal' },
} satisfies Record<string, Words>;
type ServerName = keyof typeof words;

describeOverHttp('words of several authorization servers', ({ serve, log }) => {
  const servers = {} as Record<ServerName, TestAuthorizationServer>;
  beforeAll(async () => {
    for (const name of Object.keys(words) as ServerName[]) servers[name] = await createTestAuthorizationServer();
  });
  afterAll(() => Promise.all(Object.values(servers).map((server) => server.close())));

  const serveRequiring = (acrValues: string[]) =>
    serve(handler(RequireAcr(acrValues)), {
      authorizationServers: Object.entries(servers).map(([name, { issuer, audience }]) => ({
        issuer,
        audience,
        ...words[name as ServerName],
      })),
    });

  it.each<[server: ServerName, required: string[], acrValues: string[]]>([
    ['first', ['mfa'], ['urn:first:mfa']],
    ['second', ['mfa'], ['otp', 'push']],
    ['ordered', ['mfa'], ['2', '2a', '3', '4']],
    ['literal', ['mfa'], ['mfa']],
    ['first', ['phr', 'mfa'], ['urn:first:phr', 'urn:first:mfa']],
    ['second', ['phr', 'mfa'], ['key', 'otp', 'push']],
    ['ordered', ['phr', 'mfa'], ['3', '2', '2a', '4']],
    ['literal', ['phr', 'mfa'], ['phr', 'mfa']],
    ['first', ['urn:first:mfa'], ['urn:first:mfa']],
  ])('RS-09 a token of the %s server that needs %j is challenged for %j', async (name, required, acrValues) => {
    const send = await serveRequiring(required);
    const response = await send({ token: await servers[name].accessToken({ acr: 'none-of-them' }) });
    expect(response).toEqual(challenged({ acrValues, reasons: ['acr_unmet'] }));
  });

  it.each<[server: ServerName, required: string, acr: string, status: number]>([
    ['first', 'mfa', 'urn:first:mfa', 200],
    ['first', 'mfa', 'otp', 401],
    ['second', 'mfa', 'otp', 200],
    ['second', 'mfa', 'push', 200],
    ['second', 'mfa', 'urn:first:mfa', 401],
    ['literal', 'mfa', 'mfa', 200],
    ['literal', 'mfa', 'otp', 401],
    // the word itself is no string of a server that maps it
    ['first', 'mfa', 'mfa', 401],
    ['first', 'mfa', 'URN:FIRST:MFA', 401],
    ['first', 'urn:first:mfa', 'urn:first:mfa', 200],
    // RS-41: no hierarchy unless an order declares one
    ['first', 'mfa', 'urn:first:phr', 401],
    ['second', 'mfa', 'key', 401],
    ['ordered', 'mfa', '3', 200],
    ['ordered', 'mfa', '4', 200],
    ['ordered', 'mfa', '1', 401],
  ])('RS-40 RS-41 a token of the %s server that needs %s and has acr %s is answered %i', async (...row) => {
    const [name, required, acr, status] = row;
    const send = await serveRequiring([required]);
    expect(await send({ token: await servers[name].accessToken({ acr }) })).toMatchObject({ status });
  });

  it.each<[server: ServerName, acr: string, outcome: 'satisfied' | 'acr_unmet']>([
    ['ordered', '2', 'satisfied'],
    ['ordered', '2a', 'satisfied'],
    ['ordered', '3', 'satisfied'],
    ['ordered', '4', 'satisfied'],
    ['ordered', '1', 'acr_unmet'],
    ['ordered', 'mfa', 'acr_unmet'],
    // without an order, what may be stronger satisfies neither half
    ['first', 'urn:first:mfa', 'satisfied'],
    ['first', 'urn:first:phr', 'acr_unmet'],
    ['second', 'push', 'satisfied'],
    ['second', 'key', 'acr_unmet'],
    ['literal', 'mfa', 'satisfied'],
    ['literal', 'phr', 'acr_unmet'],
  ])('RS-41 client and resource server agree that at the %s server acr %s is %s', async (name, acr, outcome) => {
    const server = servers[name];
    const send = await serveRequiring(['mfa']);
    const { headers } = await send({ token: await server.accessToken({ acr: 'none-of-them' }) });
    const { acrValues = [] } = parseStepUpChallenge(headers['www-authenticate']) ?? {};
    const idToken = { iss: server.issuer, sub: 'alice', iat: secondsAgo(0), acr };
    expect(verifyStepUp(idToken, { acrValues, subject: 'alice' }).outcome).toBe(outcome);
    const { status } = await send({ token: await server.accessToken({ acr }) });
    expect(status).toBe(outcome === 'satisfied' ? 200 : 401);
  });

  it('a token of a server that knows none of the words is refused with 403, without a challenge', async () => {
    const send = await serveRequiring(['badge']);
    expect(await send({ token: await servers.second.accessToken({ acr: 'key' }) })).toEqual(
      accessDenied('The authorization server of this token offers no sufficient authentication'),
    );
  });

  it.each<[required: string, without: ServerName[]]>([
    ['mfa', []],
    ['badge', ['second', 'ordered']],
    ['urn:first:mfa', ['second', 'ordered']],
  ])('the boot warns of each server that knows none of the words of a route: %s', async (required, without) => {
    await serveRequiring([required]);
    const warnings = log.filter((line) => line.includes('none of the required words'));
    expect(warnings).toEqual(without.map((name) => expect.stringContaining(servers[name].issuer)));
    for (const warning of warnings) expect(warning).toContain('HandlerController.handle');
  });
});

describe('words at boot', () => {
  logOfEachTest();
  const servers = (...all: Words[]): StepUpModuleOptions => ({
    authorizationServers: all.map((each, index) => ({ ...bootServer, ...each, issuer: `https://as-${index}.example` })),
  });
  const unknown = (where: string, word: string, nearest: string) =>
    new TypeError(
      `${where}: no authorization server knows "${word}"; the nearest known word is "${nearest}". ` +
        'Words are declared in "authorizationServers[].acr"',
    );

  const ofTwoWords = servers({ acr: { mfa: 'urn:as:mfa', phr: 'urn:as:phr' } });

  it.each([
    'mfaa',
    'MFA',
    'urn:as:mfa2',
    // found by no accident of JavaScript objects
    'constructor',
    '__proto__',
  ])('the unknown word "%s" stops the boot, with route and word in the message', async (word) => {
    const error = await bootFailure({ controllers: [handler(RequireAcr(word))], options: ofTwoWords });
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain('@RequireAcr on HandlerController.handle');
    expect((error as Error).message).toContain(`"${word}"`);
  });

  it.each<[word: string, nearest: string]>([
    ['mfaa', 'mfa'],
    ['pr', 'phr'],
    ['urn:as:mfa2', 'urn:as:mfa'],
    ['MFA', 'mfa'],
    ['URN:AS:MFA', 'urn:as:mfa'],
  ])('field CL-17 for the unknown word "%s" the message suggests "%s"', async (word, nearest) => {
    const error = await bootFailure({ controllers: [handler(RequireAcr(word))], options: ofTwoWords });
    expect(error).toEqual(unknown('@RequireAcr on HandlerController.handle', word, nearest));
  });

  it('an unknown word on a class stops the boot, and so does one in the module', async () => {
    @Controller()
    @RequireAcr('mfaa')
    class TransferController extends handler() {}
    const options = servers({ acr: { mfa: 'urn:as:mfa' } });
    expect(await bootFailure({ controllers: [TransferController], options })).toEqual(
      unknown('@RequireAcr on TransferController', 'mfaa', 'mfa'),
    );
    expect(await bootFailure({ options: { ...options, requirements: { acrValues: ['mfaa'] } } })).toEqual(
      unknown('"requirements"', 'mfaa', 'mfa'),
    );
  });

  it('a word is known if one of several servers knows it, and any string is beside a literal one', async () => {
    const boot = (word: string, ...all: Words[]) =>
      bootFailure({ controllers: [handler(RequireAcr(word))], options: servers(...all) });
    expect(await boot('phr', { acr: { mfa: 'a' } }, { acr: { phr: 'b' } })).toBe(undefined);
    expect(await boot('any', { acr: { mfa: 'a' } }, { acr: 'literal' })).toBe(undefined);
    expect(await boot('any', {})).toBe(undefined);
  });

  const NOT_ASCII =
    '"authorizationServers[0].acr.mfa" must be a string or a list of strings of printable ASCII without space, quote and backslash';
  const NO_WORDS = '"authorizationServers[0].order" needs words in "authorizationServers[0].acr"';
  it.each<[what: string, options: StepUpModuleOptions, message: string]>([
    [
      'a server without words beside one with them',
      servers({ acr: { mfa: 'a' } }, {}),
      '"authorizationServers[1].acr" is missing next to servers that have one; map your words to its strings, or set it to \'literal\'',
    ],
    [
      'a string under two words of an order',
      servers({ acr: { mfa: ['a', 'b'], phr: ['b'] }, order: ['phr', 'mfa'] }),
      '"authorizationServers[0].acr" has "b" under "mfa" and "phr"; with "order" a string can have only one word',
    ],
    ['an order without words', servers({ order: ['mfa'] }), NO_WORDS],
    ['an order of literal strings', servers({ acr: 'literal', order: ['mfa'] }), NO_WORDS],
    [
      'an order with an unknown word',
      servers({ acr: { mfa: 'a' }, order: ['phr', 'mfa'] }),
      '"authorizationServers[0].order" names a value "phr", which is not in "authorizationServers[0].acr"',
    ],
    [
      'an order that repeats itself',
      servers({ acr: { mfa: 'a' }, order: ['mfa', 'mfa'] }),
      '"authorizationServers[0].order" must list words of "authorizationServers[0].acr", each once, strongest first',
    ],
    [
      'a string that is another word',
      servers({ acr: { mfa: 'phr', phr: 'a' } }),
      '"authorizationServers[0].acr.mfa" uses "phr", which is a word too; rename one of the two',
    ],
    [
      'no words',
      servers({ acr: {} }),
      "\"authorizationServers[0].acr\" must map at least one of your words to the server's strings, or be 'literal'",
    ],
    ['RS-20 a string with a space', servers({ acr: { mfa: 'high assurance' } }), NOT_ASCII],
    ['RS-20 a string beyond ASCII', servers({ acr: { mfa: ['hoch', 'höher'] } }), NOT_ASCII],
    ['a word without strings', servers({ acr: { mfa: [] } }), NOT_ASCII],
  ])('the boot stops at %s', async (_, options, message) => {
    expect(await bootFailure({ options })).toEqual(new TypeError(message));
  });

  it('a string may stand under two words if there is no order', async () => {
    expect(await bootFailure({ options: servers({ acr: { mfa: ['a', 'b'], phr: ['b'] } }) })).toBe(undefined);
  });
});
