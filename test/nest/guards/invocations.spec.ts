import { Readable } from 'node:stream';
import type { ExecutionContext } from '@nestjs/common';
import { RequestRecords } from '../../../lib/nest/authentication/request-record.js';
import { Invocations } from '../../../lib/nest/guards/invocations.js';
import { handedOn, verdicts } from '../../../lib/nest/guards/verdict.js';
import { invocationOf } from '../../../lib/nest/transports/invocation.js';

/** A context as Nest makes them. */
class Context {
  constructor(
    private readonly type: string,
    private readonly parameters: unknown[],
  ) {}

  getType() {
    return this.type;
  }
  getArgs() {
    return this.parameters;
  }
  getArgByIndex(index: number) {
    return this.parameters[index];
  }
  getHandler() {
    return () => undefined;
  }
  getClass() {
    return Context;
  }
}

const contextOf = (type: string, ...parameters: unknown[]) =>
  new Context(type, parameters) as unknown as ExecutionContext;
const received = () => Object.assign(new Readable(), { headers: {} });

describe('what StepUpService is called at', () => {
  it.each<[what: string, at: unknown]>([
    ['an object that only looks like a context', { ...contextOf('http', received()), getHandler: () => undefined }],
    ['a context of another kind than those that Nest has handed us', contextOf('http', received())],
    ['an object that only looks like a request', { headers: { authorization: 'Bearer token' } }],
    ['a text', 'request'],
    ['a list', []],
    ['null', null],
    ['nothing', undefined],
  ])('is not %s', (_, at) => {
    expect(() => new Invocations(false, new RequestRecords()).at(at)).toThrow(
      'StepUpService needs an ExecutionContext, the request, or what',
    );
  });

  it.each<[what: string, at: () => object]>([
    ['an object', () => ({})],
    ['a list', () => []],
  ])('is not %s either if the option "accessToken" finds the tokens', (_, at) => {
    expect(() => new Invocations(true, new RequestRecords()).at(at())).toThrow(
      'StepUpService needs an ExecutionContext, the request, or what',
    );
  });

  it('is no context without a prototype, though a guard of ours was called with one', () => {
    const invocations = new Invocations(false, new RequestRecords());
    const bare = Object.assign(Object.create(null), { getType: () => 'http', getHandler: () => undefined });
    invocations.note(bare);
    expect(() => invocations.at(bare)).toThrow('StepUpService needs an ExecutionContext');
    invocations.note(contextOf('http', received()));
    const request = received();
    expect(invocations.at(contextOf('http', request)).request).toBe(request);
  });

  it('is a context of the kind that Nest has handed us, and no plain object for that', () => {
    const invocations = new Invocations(false, new RequestRecords());
    const plain = { ...contextOf('http', received()), getHandler: () => undefined, getType: () => 'http' };
    invocations.note(plain as unknown as ExecutionContext);
    invocations.note(contextOf('http', received()));
    const request = received();
    expect(invocations.at(contextOf('http', request)).request).toBe(request);
    expect(() => invocations.at(plain)).toThrow('StepUpService needs an ExecutionContext');
  });

  it.each<[what: string, note: (context: ExecutionContext) => void]>([
    ['that a guard has judged', (context) => verdicts.set(context, { verdict: true, isAdmitted: true })],
    ['that @StepUpContext() has given', (context) => handedOn.set(context, true)],
  ])('is a context %s, of whatever kind', (_, note) => {
    const request = received();
    const context = contextOf('http', request);
    note(context);
    expect(new Invocations(false, new RequestRecords()).at(context)).toMatchObject({ request, context });
  });

  it('is a request that a server has received', () => {
    const request = received();
    expect(new Invocations(false, new RequestRecords()).at(request)).toMatchObject({ request, userHolders: [request] });
  });

  it.each<[type: string, context: (request: object) => ExecutionContext, isItsOwn: boolean]>([
    ['http', (request) => contextOf('http', request, {}), true],
    ['graphql', (req) => contextOf('graphql', {}, {}, { req }, {}), false],
    ['ws', (handshake) => contextOf('ws', { handshake }), false],
  ])('is the invocation admitted with a request unless several share it, as over %s', (_, contextFor, isItsOwn) => {
    const invocations = new Invocations(false, new RequestRecords());
    const request = received();
    const context = contextFor(request);
    invocations.admit(invocationOf(context), context);
    expect(invocations.at(request).context).toBe(isItsOwn ? context : undefined);
  });

  it("is Node's request as well, which Fastify has in its own", () => {
    const invocations = new Invocations(false, new RequestRecords());
    const raw = received();
    const context = contextOf('http', { headers: {}, raw }, {});
    invocations.admit(invocationOf(context), context);
    expect(invocations.at(raw).context).toBe(context);
  });

  it.each([undefined, null, 'raw'])('is the request alone if what it calls raw is %p', (raw) => {
    const invocations = new Invocations(false, new RequestRecords());
    const request = Object.assign(received(), { raw });
    const context = contextOf('http', request, {});
    invocations.admit(invocationOf(context), context);
    expect(invocations.at(request).context).toBe(context);
  });

  it.each<[what: string, admitted: ((request: object) => ExecutionContext) | undefined]>([
    ['that no guard has seen', undefined],
    ['of a GraphQL field', (req) => contextOf('graphql', {}, {}, { req }, {})],
    ['of a socket', (handshake) => contextOf('ws', { handshake })],
  ])('cannot be a request %s, if the option "accessToken" finds another token in the context', (_, admitted) => {
    const invocations = new Invocations(true, new RequestRecords());
    const request = received();
    const context = admitted?.(request);
    if (context !== undefined) invocations.admit(invocationOf(context), context);
    expect(() => invocations.at(request)).toThrow(
      'With the option "accessToken", StepUpService needs an ExecutionContext',
    );
  });
});
