import { Controller, Get, type Type } from '@nestjs/common';
import { type AuthorizationServerOptions, RequireAcr, StepUpModuleOptions } from 'nestjs-step-up';
import { parseStepUpChallenge, type StepUpChallenge, verifyStepUp } from 'nestjs-step-up/client';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, captureLog, type RunningApplication, startApplication } from '../../support/application.js';
import { bootFailure, bootServer } from '../../support/boot.js';

@Controller()
class BankController {
  @Get('mfa')
  @RequireAcr('mfa')
  mfa() {
    return { done: true };
  }

  @Get('preferred')
  @RequireAcr(['phr', 'mfa'])
  preferred() {
    return { done: true };
  }

  @Get('string')
  @RequireAcr('urn:first:mfa')
  string() {
    return { done: true };
  }

  @Get('badge')
  @RequireAcr('badge')
  badge() {
    return { done: true };
  }
}

/** A controller whose one handler requires these values. */
function requiring(...acrValues: string[]): Type {
  @Controller()
  class TransferController {
    @Get('transfer')
    @RequireAcr(acrValues)
    create() {
      return { done: true };
    }
  }
  return TransferController;
}

function servers(...acr: Pick<AuthorizationServerOptions, 'acr' | 'order'>[]): StepUpModuleOptions {
  return {
    authorizationServers: acr.map((words, index) => ({
      ...bootServer,
      ...words,
      issuer: `https://as-${index}.example`,
    })),
  };
}

const log = captureLog();
beforeEach(() => {
  log.lines.length = 0;
});
afterAll(() => log.restore());

describe.each(adapters)('words of several authorization servers, %s', (_, createAdapter) => {
  let first: TestAuthorizationServer;
  let second: TestAuthorizationServer;
  let ordered: TestAuthorizationServer;
  let literal: TestAuthorizationServer;
  let application: RunningApplication;
  let warnings: string[];

  beforeAll(async () => {
    [first, second, ordered, literal] = (await Promise.all(
      Array.from({ length: 4 }, () => createTestAuthorizationServer()),
    )) as [TestAuthorizationServer, TestAuthorizationServer, TestAuthorizationServer, TestAuthorizationServer];
    log.lines.length = 0;
    application = await startApplication({
      createAdapter,
      controllers: [BankController],
      options: {
        authorizationServers: [
          {
            issuer: first.issuer,
            audience: first.audience,
            acr: { mfa: 'urn:first:mfa', phr: 'urn:first:phr', badge: 'urn:first:badge' },
          },
          { issuer: second.issuer, audience: second.audience, acr: { phr: 'key', mfa: ['otp', 'push'] } },
          {
            issuer: ordered.issuer,
            audience: ordered.audience,
            acr: { pwd: '1', mfa: ['2', '2a'], phr: '3', vault: '4' },
            order: ['vault', 'phr', 'mfa', 'pwd'],
          },
          { issuer: literal.issuer, audience: literal.audience, acr: 'literal' },
        ],
      },
    });
    warnings = log.lines.filter((line) => line.includes('none of the required words'));
  });
  afterAll(async () => {
    await application?.close();
    await Promise.all([first, second, ordered, literal].map((server) => server?.close()));
  });

  const issuers = {
    first: () => first,
    second: () => second,
    ordered: () => ordered,
    literal: () => literal,
  };

  it.each([
    ['first', 'mfa', 'urn:first:mfa'],
    ['second', 'mfa', 'otp push'],
    ['ordered', 'mfa', '2 2a 3 4'],
    ['literal', 'mfa', 'mfa'],
    ['first', 'preferred', 'urn:first:phr urn:first:mfa'],
    ['second', 'preferred', 'key otp push'],
    ['ordered', 'preferred', '3 2 2a 4'],
    ['literal', 'preferred', 'phr mfa'],
    ['first', 'string', 'urn:first:mfa'],
  ] as const)(
    'RS-09 a token of the %s server is challenged on /%s in its own strings: %s',
    async (issuer, path, acrValues) => {
      const token = await issuers[issuer]().accessToken({ acr: 'none-of-them' });
      const answer = await application.send(`/${path}`, { token });
      expect(answer.status).toBe(401);
      expect(answer.body['acr_values']).toBe(acrValues);
      expect(answer.challenges).toEqual([expect.stringContaining(`acr_values="${acrValues}"`)]);
    },
  );

  it.each([
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
    ['first', 'string', 'urn:first:mfa', 200],
    // RS-41: no hierarchy unless an order declares one
    ['first', 'mfa', 'urn:first:phr', 401],
    ['second', 'mfa', 'key', 401],
    ['ordered', 'mfa', '3', 200],
    ['ordered', 'mfa', '4', 200],
    ['ordered', 'mfa', '1', 401],
  ] as const)('RS-40 RS-41 %s server on /%s with acr %s: %s', async (issuer, path, acr, status) => {
    const answer = await application.send(`/${path}`, { token: await issuers[issuer]().accessToken({ acr }) });
    expect(answer.status).toBe(status);
  });

  it.each([
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
  ] as const)('RS-41 both halves agree that at the %s server acr %s is %s', async (issuer, acr, outcome) => {
    const server = issuers[issuer]();
    const refused = await application.send('/mfa', { token: await server.accessToken({ acr: 'none-of-them' }) });
    const { acrValues = [] } = parseStepUpChallenge(refused.challenges) as StepUpChallenge;
    const idToken = { iss: server.issuer, sub: 'alice', iat: Math.floor(Date.now() / 1000), acr };
    expect(verifyStepUp(idToken, { acrValues, subject: 'alice' }).outcome).toBe(outcome);
    const retried = await application.send('/mfa', { token: await server.accessToken({ acr }) });
    expect(retried.status).toBe(outcome === 'satisfied' ? 200 : 401);
  });

  it('refuses with 403, without a challenge, tokens of a server that knows none of the words', async () => {
    const answer = await application.send('/badge', { token: await second.accessToken({ acr: 'key' }) });
    expect(answer.status).toBe(403);
    expect(answer.challenges).toEqual([]);
    expect(answer.body).toEqual({
      error: 'access_denied',
      error_description: 'The authorization server of this token offers no sufficient authentication',
    });
  });

  it('warns at boot of each route and server for which that is so', () => {
    expect(warnings).toHaveLength(4);
    expect(warnings.filter((line) => line.includes('BankController.badge'))).toEqual([
      expect.stringContaining(second.issuer),
      expect.stringContaining(ordered.issuer),
    ]);
    expect(warnings.filter((line) => line.includes('BankController.string'))).toEqual([
      expect.stringContaining(second.issuer),
      expect.stringContaining(ordered.issuer),
    ]);
  });
});

describe('words at boot', () => {
  it.each([
    'mfaa',
    'MFA',
    'urn:as:mfa2',
    // found by no accident of JavaScript objects
    'constructor',
    '__proto__',
  ])('stops at "%s", naming route, word and the nearest known one', async (word) => {
    const error = await bootFailure({
      controllers: [requiring(word)],
      options: servers({ acr: { mfa: 'urn:as:mfa', phr: 'urn:as:phr' } }),
    });
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain('@RequireAcr on TransferController.create');
    expect((error as Error).message).toContain(`"${word}"`);
  });

  it.each([
    ['mfaa', 'mfa'],
    ['pr', 'phr'],
    ['urn:as:mfa2', 'urn:as:mfa'],
  ])('suggests for "%s" the word "%s"', async (word, nearest) => {
    const error = await bootFailure({
      controllers: [requiring(word)],
      options: servers({ acr: { mfa: 'urn:as:mfa', phr: 'urn:as:phr' } }),
    });
    expect(error).toEqual(
      new TypeError(
        `@RequireAcr on TransferController.create: no authorization server knows "${word}"; the nearest known word is "${nearest}". ` +
          'Words are declared in "authorizationServers[].acr"',
      ),
    );
  });

  it('stops at an unknown word on a class, and at one in the module', async () => {
    @Controller()
    @RequireAcr('mfaa')
    class TransferController {
      @Get('transfer')
      create() {
        return {};
      }
    }
    const options = servers({ acr: { mfa: 'urn:as:mfa' } });
    expect(await bootFailure({ controllers: [TransferController], options })).toEqual(
      new TypeError(
        '@RequireAcr on TransferController: no authorization server knows "mfaa"; the nearest known word is "mfa". ' +
          'Words are declared in "authorizationServers[].acr"',
      ),
    );
    expect(await bootFailure({ options: { ...options, requirements: { acrValues: ['mfaa'] } } })).toEqual(
      new TypeError(
        '"requirements": no authorization server knows "mfaa"; the nearest known word is "mfa". ' +
          'Words are declared in "authorizationServers[].acr"',
      ),
    );
  });

  it('takes a word that one of several servers knows, and any string beside a literal one', async () => {
    const one = { acr: { mfa: 'a' } };
    expect(await bootFailure({ controllers: [requiring('phr')], options: servers(one, { acr: { phr: 'b' } }) })).toBe(
      undefined,
    );
    expect(await bootFailure({ controllers: [requiring('any')], options: servers(one, { acr: 'literal' }) })).toBe(
      undefined,
    );
    expect(await bootFailure({ controllers: [requiring('any')], options: servers({}) })).toBe(undefined);
  });

  it.each<[what: string, options: StepUpModuleOptions, message: string]>([
    [
      'a server without words beside one with them',
      servers({ acr: { mfa: 'a' } }, {}),
      '"authorizationServers[1].acr" is missing beside servers that have one; map your words to its strings, or say \'literal\'',
    ],
    [
      'a string under two words of an order',
      servers({ acr: { mfa: ['a', 'b'], phr: ['b'] }, order: ['phr', 'mfa'] }),
      '"authorizationServers[0].acr" has "b" under "mfa" and "phr"; with "order" it can be only one',
    ],
    [
      'an order without words',
      servers({ order: ['mfa'] }),
      '"authorizationServers[0].order" needs the words of "authorizationServers[0].acr"',
    ],
    [
      'an order of literal strings',
      servers({ acr: 'literal', order: ['mfa'] }),
      '"authorizationServers[0].order" needs the words of "authorizationServers[0].acr"',
    ],
    [
      'an order with an unknown word',
      servers({ acr: { mfa: 'a' }, order: ['phr', 'mfa'] }),
      '"authorizationServers[0].order" names "phr", which "authorizationServers[0].acr" does not',
    ],
    [
      'an order that repeats itself',
      servers({ acr: { mfa: 'a' }, order: ['mfa', 'mfa'] }),
      '"authorizationServers[0].order" must list words of "authorizationServers[0].acr", each once, strongest first',
    ],
    [
      'a string that is another word',
      servers({ acr: { mfa: 'phr', phr: 'a' } }),
      '"authorizationServers[0].acr.mfa" uses "phr", which is a word of its own; give one of the two another name',
    ],
    [
      'no words',
      servers({ acr: {} }),
      "\"authorizationServers[0].acr\" must map at least one word of yours to the server's strings, or be 'literal'",
    ],
    [
      'RS-20 a string with a space',
      servers({ acr: { mfa: 'high assurance' } }),
      '"authorizationServers[0].acr.mfa" must be a string or a list of strings of printable ASCII without space, quote and backslash',
    ],
    [
      'RS-20 a string beyond ASCII',
      servers({ acr: { mfa: ['hoch', 'höher'] } }),
      '"authorizationServers[0].acr.mfa" must be a string or a list of strings of printable ASCII without space, quote and backslash',
    ],
    [
      'a word without strings',
      servers({ acr: { mfa: [] } }),
      '"authorizationServers[0].acr.mfa" must be a string or a list of strings of printable ASCII without space, quote and backslash',
    ],
  ])('stops at %s', async (_, options, message) => {
    expect(await bootFailure({ options })).toEqual(new TypeError(message));
  });

  it('takes a string under two words where no order decides', async () => {
    expect(await bootFailure({ options: servers({ acr: { mfa: ['a', 'b'], phr: ['b'] } }) })).toBe(undefined);
  });
});
