import { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { Controller, type ExecutionContext, Get, type Type } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { RequireAcr } from 'nestjs-step-up';
import { Vocabulary } from '../../../lib/authorization-servers/index.js';
import { BootAudit } from '../../../lib/nest/audit/boot-audit.js';
import { Admission } from '../../../lib/nest/guards/admission.js';
import { Vocabularies } from '../../../lib/nest/requirements/vocabularies.js';
import { Attachment } from '../../../lib/nest/transports/attachment.js';
import { logOfEachTest } from '../../support/application.js';
import { bootedProvider } from '../../support/boot.js';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { handler } from '../../support/handler.js';
import { builtinCalls } from '../../support/string-calls.js';

const MFA = { acr: { mfa: 'urn:mfa' } };

/** Creates a controller with ten protected handlers and an open one. */
function controllerOfTen(index: number): Type {
  @Controller(`c${index}`)
  class TenController {
    @Get('open') open() {}
  }
  for (let number = 0; number < 10; number += 1) {
    const name = `handle${number}`;
    const value = (): void => undefined;
    Object.defineProperty(value, 'name', { value: name });
    Object.defineProperty(TenController.prototype, name, { value, configurable: true, writable: true });
    const descriptor = Object.getOwnPropertyDescriptor(TenController.prototype, name) as PropertyDescriptor;
    Get(name)(TenController.prototype, name, descriptor);
    RequireAcr('mfa', { maxAge: 300 })(TenController.prototype, name, descriptor);
  }
  return TenController;
}

function contextOf(controller: Type, method: string): ExecutionContext {
  const request = Object.assign(new Readable(), { headers: {}, rawHeaders: [], url: '/' });
  const headers = new Map<string, unknown>();
  const response = {
    headersSent: false,
    get: (name: string) => headers.get(name),
    getHeader: (name: string) => headers.get(name),
    set: (name: string, value: unknown) => headers.set(name, value),
    setHeader: (name: string, value: unknown) => headers.set(name, value),
  };
  const context = new ExecutionContextHost([request, response], controller, controller.prototype[method]);
  context.setType('http');
  return context as ExecutionContext;
}

describe('what a request costs', () => {
  logOfEachTest();

  /** Boots an application, and returns the calls that a refused and an open request cost once both are known. */
  async function calls({ controllers: count, servers }: { controllers: number; servers: number }): Promise<number[]> {
    const controllers = Array.from({ length: count }, (_, index) => controllerOfTen(index));
    const audience = 'https://api.example';
    const authorizationServers = Array.from({ length: servers }, (_, index) => ({
      issuer: `https://as${index}.example`,
      audience,
      ...MFA,
    }));
    const admission = await bootedProvider(Admission, { controllers, options: { authorizationServers } });
    const last = controllers.at(-1) as Type;
    const refused = () => {
      try {
        return admission.admit(contextOf(last, 'handle9'));
      } catch (error) {
        return error;
      }
    };
    const open = () => admission.admitUnproven(contextOf(last, 'open'));
    return [refused, open].map((request) => {
      request();
      // the route that was asked for last is at hand
      admission.invoked.of(contextOf(last, 'handle0'));
      return builtinCalls(request);
    });
  }

  it('does not grow with the routes', async () => {
    const one = await calls({ controllers: 1, servers: 1 });
    expect(one.every((count) => count > 0)).toBe(true);
    expect(await calls({ controllers: 100, servers: 1 })).toEqual(one);
  });

  it('does not grow with the authorization servers', async () => {
    expect(await calls({ controllers: 1, servers: 50 })).toEqual(await calls({ controllers: 1, servers: 1 }));
  });
});

describe('what a start costs', () => {
  logOfEachTest();

  /** Boots an application, and returns the calls that its boot audit makes when it runs again. */
  async function calls(count: number): Promise<number> {
    const controllers = Array.from({ length: count }, (_, index) => controllerOfTen(index));
    const audit = await bootedProvider(BootAudit, { controllers });
    return builtinCalls(() => audit.onModuleInit());
  }

  it('grows with the routes, and not faster', async () => {
    const [ten, twenty, thirty] = [await calls(10), await calls(20), await calls(30)];
    // Adding to a list counts as much as the list is long. What is done with all routes for each is more than a tenth.
    expect(thirty - twenty).toBeLessThan(1.05 * (twenty - ten));
  });
});

describeOverHttp('what is known of a request', ({ serve, accessToken }) => {
  it.each<[of: string, status: number, fields: number, token: () => Promise<string> | string | undefined]>([
    ['an admitted one', 200, 1, () => accessToken({ acr: 'mfa' })],
    ['a challenged one', 401, 1, () => accessToken({ acr: 'pwd' })],
    ['one whose token is refused', 401, 1, () => 'no.access.token'],
    ['one without a token', 401, 0, () => undefined],
  ])('is of %s no more than one field of the request of Node', async (_, expected, fields, token) => {
    const send = await serve(handler(RequireAcr('mfa')));
    const set = jest.spyOn(Attachment.prototype, 'set');
    const { status } = await send({ token: await token() });
    const onRequests = set.mock.contexts.filter((_, call) => set.mock.calls[call]?.[0] instanceof IncomingMessage);
    set.mockRestore();
    expect(status).toBe(expected);
    expect(new Set(onRequests).size).toBeLessThanOrEqual(fields);
  });
});

describeOverHttp('requirements that a function returns', ({ serve, accessToken, server }) => {
  let stringsFor: jest.SpyInstance;
  beforeEach(() => {
    stringsFor = jest.spyOn(Vocabulary.prototype, 'stringsFor');
  });
  afterEach(() => stringsFor.mockRestore());
  const translations = () => stringsFor.mock.calls.filter(([words]) => words.length === 1 && words[0] === 'mfa').length;

  it('are translated once for each value, however many objects have it', async () => {
    const send = await serve(
      handler(RequireAcr((context) => ({ acrValues: ['mfa'], maxAge: context.getArgByIndex(0).query.age * 1 }))),
      { authorizationServers: [{ issuer: server.issuer, audience: server.audience, ...MFA }] },
    );
    const ask = async (maxAge: number) => {
      const token = await accessToken({ acr: 'urn:pwd' });
      const { body } = await send({ path: `/?age=${maxAge}`, token });
      expect(body).toMatchObject({ acr_values: 'urn:mfa', max_age: maxAge });
    };
    for (let times = 0; times < 5; times += 1) await ask(300);
    expect(translations()).toBe(1);
    await ask(301);
    expect(translations()).toBe(2);
    await ask(300);
    expect(translations()).toBe(2);
  });
});

test('of the requirements that functions return a thousand are kept', () => {
  const vocabularies = new Vocabularies([]);
  const of = (maxAge: number) => vocabularies.compiled({ maxAge });
  const first = of(0);
  expect(of(0)).toBe(first);
  for (let maxAge = 1; maxAge < 1000; maxAge += 1) of(maxAge);
  expect(of(0)).toBe(first);
  of(1000);
  expect(of(0)).not.toBe(first);
});

test.each<[string, object, object]>([
  ['a maxAge and none', { acrValues: ['a'], maxAge: 0 }, { acrValues: ['a'] }],
  ['the order of values', { acrValues: ['a', 'b'] }, { acrValues: ['b', 'a'] }],
  ['two values and one that looks like them', { acrValues: ['a', 'b'] }, { acrValues: ['a","b'] }],
  ['a value and a scope', { acrValues: ['a'] }, { scope: 'a' }],
])('requirements that differ in %s are not taken for each other', (_, one, other) => {
  const vocabularies = new Vocabularies([]);
  expect(vocabularies.compiled(one).requirements).toEqual(one);
  expect(vocabularies.compiled(other).requirements).toEqual(other);
});
