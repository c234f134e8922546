import { type ExecutionContext, UnauthorizedException } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { StepUpModuleOptions } from 'nestjs-step-up';
import { CallbackFailed } from '../../../lib/nest/advice/callback.js';
import { Identification } from '../../../lib/nest/guards/identification.js';
import type { Route } from '../../../lib/nest/requirements/route.js';
import { checkOptions } from '../../../lib/nest/step-up-settings.js';
import { invocationOf } from '../../../lib/nest/transports/invocation.js';
import type { FurtherOptions } from '../../support/application.js';
import { bootServer } from '../../support/boot.js';

const { issuer } = bootServer;
const other = { ...bootServer, issuer: 'https://other.example' };
const alice = () => ({ sub: 'alice', iss: issuer, name: 'Alice' });
const mallory = () => ({ sub: 'mallory', iss: issuer });

type Options = FurtherOptions;
type Holder = Record<string, unknown>;

/** An identification in which the token of each invocation is of this user. */
function identifying(user: unknown = alice(), options: Options = {}) {
  const settings = checkOptions({ authorizationServers: [bootServer], ...options } as StepUpModuleOptions);
  const authenticated = { user, event: { subject: 'alice', issuer }, claims: {} };
  const identification = new Identification(settings, {
    authenticate: () => authenticated,
    authenticateToken: () => authenticated,
  });
  return { identification, authenticated };
}

const overHttp = (request: object) => invocationOf(new ExecutionContextHost([request, {}]));
function overSocket(client: object) {
  const context = new ExecutionContextHost([client, {}]);
  context.setType('ws');
  return invocationOf(context);
}

const routeOf = (of: Partial<Route>) => ({ userNamers: [], searchesUsers: false, ...of }) as unknown as Route;
/** A guard of Passport that says by this where it puts the user. */
const namedBy = (getAuthenticateOptions: (context: ExecutionContext) => unknown) =>
  routeOf({ userNamers: [{ getAuthenticateOptions }] as unknown as Route['userNamers'] });

const ANOTHER_USER = 'Another user than the one whose authentication was judged stands on the request';

describe('the user of a request', () => {
  it('is there for the judgement and for the handler, also if the judgement waits', async () => {
    const { identification, authenticated } = identifying();
    const request: Holder = {};
    let during: unknown;
    const outcome = identification.identify(overHttp(request), undefined, false, async () => {
      during = request['user'];
      request['user'] = mallory();
      return undefined;
    });
    expect(await outcome).toBe(authenticated);
    expect(during).toBe(authenticated.user);
    expect(request['user']).toBe(authenticated.user);
  });

  it('is not put on a socket, which has one token after the other', async () => {
    const { identification } = identifying();
    const client = { handshake: { headers: {} } };
    await identification.identify(overSocket(client), undefined, true);
    expect([client, client.handshake].filter((one) => 'user' in one && one.user !== undefined)).toEqual([]);
  });

  it('is missed by the handler of a request that ignores it, which is refused', () => {
    const { identification } = identifying();
    const request = {
      get user() {
        return undefined;
      },
      set user(_: unknown) {},
    };
    expect(() => identification.identify(overHttp(request), undefined, false)).toThrow('request.user cannot be set');
  });

  it('is not set again where it stands', () => {
    const { identification, authenticated } = identifying();
    const request = Object.freeze({ user: authenticated.user });
    expect(identification.identify(overHttp(request), undefined, false)).toBe(authenticated);
  });

  it('is judged by each guard though the application gives it an "iss" of its own', () => {
    const { identification, authenticated } = identifying({ sub: 'alice', iss: 'bank' });
    const request = {};
    for (let guard = 0; guard < 2; guard += 1)
      expect(identification.identify(overHttp(request), undefined, true)).toBe(authenticated);
  });

  it.each([true, false])('can be replaced afterwards only if nothing of the application runs: %s', (isExposed) => {
    const { identification } = identifying();
    const request: Holder = {};
    identification.identify(overHttp(request), undefined, isExposed);
    const replace = () => {
      request['user'] = mallory();
    };
    if (isExposed) expect(replace).toThrow(ANOTHER_USER);
    else expect(replace).not.toThrow();
  });

  it('AT-5 may not be another one before the judgement', () => {
    const { identification } = identifying();
    const identify = () => identification.identify(overHttp({ user: mallory() }), undefined, true);
    expect(identify).toThrow(ANOTHER_USER);
  });

  it('AT-5 may not be another one on a socket', () => {
    const { identification } = identifying();
    expect(() => identification.identify(overSocket({ user: mallory() }), undefined, true)).toThrow(ANOTHER_USER);
  });
});

describe('a refusal', () => {
  const refusal = new UnauthorizedException();

  it('of the token is returned, and nothing is judged', () => {
    const { identification } = identifying();
    jest.spyOn(identification as unknown as { authenticate(): unknown }, 'authenticate').mockReturnValue(refusal);
    const judge = jest.fn();
    const request = {};
    expect(identification.identify(overHttp(request), undefined, true, judge)).toBe(refusal);
    expect(judge).not.toHaveBeenCalled();
    expect(request).toEqual({});
  });

  it('by the judgement is returned, and locks nobody on the request', () => {
    const { identification } = identifying();
    const request: Holder = {};
    expect(identification.identify(overHttp(request), undefined, true, () => refusal)).toBe(refusal);
    request['user'] = mallory();
    expect(request['user']).toEqual(mallory());
  });
});

describe('a user under a property of Passport', () => {
  const keeping = (options?: Options) => {
    const { identification, authenticated } = identifying(undefined, options);
    identification.keepUsersUnder(['account']);
    const identify = (request: object) => identification.identify(overHttp(request), undefined, true);
    return { identify, authenticated };
  };

  it.each<[who: string, account: unknown, of: Options | undefined, isComparable: boolean]>([
    ['the subject alone, of the one server', { sub: 'alice' }, undefined, true],
    ['the subject alone, of several', { sub: 'alice' }, { authorizationServers: [bootServer, other] }, false],
    ['the subject alone, of any', { sub: 'alice' }, { resolveAuthorizationServer: () => undefined }, false],
    ['subject and issuer, of several', alice(), { authorizationServers: [bootServer, other] }, true],
    ['subject and issuer, of any', alice(), { resolveAuthorizationServer: () => undefined }, true],
    ['nobody', undefined, { authorizationServers: [bootServer, other] }, true],
    ['somebody whom nothing tells', { roles: ['clerk'] }, undefined, false],
  ])('is compared with the judged one: %s', (_, account, of, isComparable) => {
    const { identify, authenticated } = keeping(of);
    const identified = () => identify({ account });
    if (isComparable) expect(identified()).toBe(authenticated);
    else expect(identified).toThrow('A user stands under "account", and nothing tells whether that is the one');
  });

  it('AT-5 is the judged one, at each judgement and for the handler', () => {
    const { identify, authenticated } = keeping();
    expect(() => identify({ account: mallory() })).toThrow(ANOTHER_USER);
    const request: Holder = { account: alice() };
    for (let guard = 0; guard < 2; guard += 1) expect(identify(request)).toBe(authenticated);
    expect(() => Object.assign(request, { account: mallory() })).toThrow(ANOTHER_USER);
    expect(() => Object.assign(request, { user: mallory() })).toThrow(ANOTHER_USER);
  });

  it.each<[how: string, options: unknown, property: string]>([
    ['at once', { property: 'account' }, 'account'],
    ['later', Promise.resolve({ property: 'account' }), 'account'],
    ['not at all', undefined, 'user'],
    ['by options without it', {}, 'user'],
  ])('AT-5 is kept where its guard says %s', async (_, options, property) => {
    const { identification, authenticated } = identifying();
    const asked = jest.fn(() => options);
    const request: Holder = {};
    const invocation = overHttp(request);
    expect(await identification.identify(invocation, namedBy(asked), true)).toBe(authenticated);
    expect(asked).toHaveBeenCalledWith(invocation.context);
    expect(() => Object.assign(request, { [property]: mallory() })).toThrow(ANOTHER_USER);
    const before = identification.identify(overHttp({ [property]: mallory() }), namedBy(asked), true);
    await expect(before).rejects.toThrow(ANOTHER_USER);
  });

  it('is a failure of the application if its guard throws', async () => {
    const { identification } = identifying();
    const failing = namedBy(() => {
      throw new RangeError('no options');
    });
    const error = await (async () => identification.identify(overHttp({}), failing, true))().catch((thrown) => thrown);
    expect(error).toBeInstanceOf(CallbackFailed);
    expect(error).toMatchObject({ option: 'getAuthenticateOptions', cause: new RangeError('no options') });
  });

  it('AT-5 is found by its subject where the boot has not seen the guard, and nothing else is', () => {
    const { identification, authenticated } = identifying();
    const others = { nobody: null, text: 'alice', session: { id: 1 }, mallory: mallory() };
    const request: Holder = { ...others, member: alice(), same: authenticated.user };
    identification.identify(overHttp(request), routeOf({ searchesUsers: true }), true);
    for (const property of ['user', 'member', 'same'])
      expect(() => Object.assign(request, { [property]: mallory() })).toThrow(ANOTHER_USER);
    for (const property of Object.keys(others)) {
      request[property] = mallory();
      expect(request[property]).toEqual(mallory());
    }
  });

  it('is not searched for where the boot has seen every guard', () => {
    const { identification } = identifying();
    const request: Holder = { member: alice() };
    identification.identify(overHttp(request), routeOf({}), true);
    request['member'] = mallory();
    expect(request['member']).toEqual(mallory());
  });

  it('AT-5 is found by the object if it has no subject', () => {
    const { identification, authenticated } = identifying({ id: 7 });
    const request: Holder = { member: authenticated.user, session: { id: 1 } };
    identification.identify(overHttp(request), routeOf({ searchesUsers: true }), true);
    expect(() => Object.assign(request, { member: { id: 8 } })).toThrow(ANOTHER_USER);
    request['session'] = 'another';
    expect(request['session']).toBe('another');
  });

  it.each<[what: string, user: unknown, present: unknown]>([
    ['nobody, as Passport says it', false, false],
    ['nobody', undefined, { sub: 'bob' }],
    ['null', null, { sub: 'bob' }],
    ['a name', 'alice', 'alice'],
  ])('is not searched for if it is no object: %s', (_, user, present) => {
    const { identification } = identifying(user);
    const request: Holder = { member: present };
    identification.identify(overHttp(request), routeOf({ searchesUsers: true }), true);
    request['member'] = 'another';
    expect(request['member']).toBe('another');
  });
});
