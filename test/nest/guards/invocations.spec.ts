import { Readable } from 'node:stream';
import type { ExecutionContext } from '@nestjs/common';
import { Invocations } from '../../../lib/nest/guards/invocations.js';
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
    ['nothing', undefined],
  ])('is not %s', (_, at) => {
    expect(() => new Invocations(false).at(at)).toThrow(
      'StepUpService needs an ExecutionContext, the request, or what',
    );
  });

  it('is a context of the kind that Nest has handed us, and no plain object for that', () => {
    const invocations = new Invocations(false);
    const plain = { ...contextOf('http', received()), getHandler: () => undefined, getType: () => 'http' };
    invocations.note(plain as unknown as ExecutionContext);
    invocations.note(contextOf('http', received()));
    const request = received();
    expect(invocations.at(contextOf('http', request)).request).toBe(request);
    expect(() => invocations.at(plain)).toThrow('StepUpService needs an ExecutionContext');
  });

  it('is a request that a server has received', () => {
    const request = received();
    expect(new Invocations(false).at(request)).toMatchObject({ request, userHolders: [request] });
  });

  it.each<[type: string, context: (request: object) => ExecutionContext, isItsOwn: boolean]>([
    ['http', (request) => contextOf('http', request, {}), true],
    ['graphql', (req) => contextOf('graphql', {}, {}, { req }, {}), false],
    ['ws', (handshake) => contextOf('ws', { handshake }), false],
  ])('is the invocation admitted with a request unless several share it, as over %s', (_, contextFor, isItsOwn) => {
    const invocations = new Invocations(false);
    const request = received();
    const context = contextFor(request);
    invocations.admit(invocationOf(context), context);
    expect(invocations.at(request).context).toBe(isItsOwn ? context : undefined);
  });
});
