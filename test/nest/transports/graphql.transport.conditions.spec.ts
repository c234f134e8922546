import { Readable } from 'node:stream';
import type { ArgumentsHost } from '@nestjs/common';
import { graphql } from '../../../lib/nest/transports/graphql.transport.js';
import { isHttpRequest } from '../../../lib/nest/transports/http-request.js';

const hostOf = (...parameters: unknown[]) => ({ getArgs: () => parameters }) as unknown as ArgumentsHost;
const received = (headers: object = {}) =>
  Object.assign(new Readable(), { headers, rawHeaders: Object.entries(headers).flat() });
const withoutHeaders = (request: object) => Object.create(request, { headers: { value: {} } });

describe('the request of a GraphQL field', () => {
  const request = { headers: {} };
  it.each<[where: string, host: ArgumentsHost]>([
    ['a field, as req', hostOf({}, {}, { req: request }, {})],
    ['a field, as request', hostOf({}, {}, { request }, {})],
    ['a reference', hostOf({}, { req: request }, {})],
  ])('is found for %s', (_, host) => {
    expect(graphql.requestOf(host)).toBe(request);
    expect(graphql.userHoldersOf(host)).toEqual([request]);
  });

  it('is of several fields', () => {
    expect(graphql.sharesRequest).toBe(true);
  });
});

describe('a guarded GraphQL field in a response cache', () => {
  it('is private and not kept, whatever it hints itself', () => {
    const hints: object[] = [];
    const cacheControl = {
      setCacheHint: (hint: object) => void hints.push(hint),
      cacheHint: { replace: (hint: object) => void hints.push(hint) },
    };
    graphql.keepPrivate?.(hostOf({}, {}, {}, { cacheControl }));
    cacheControl.setCacheHint({ maxAge: 60, scope: 'PUBLIC' });
    cacheControl.cacheHint.replace({ maxAge: 60, scope: 'PUBLIC' });
    expect(hints).toEqual([{ maxAge: 0, scope: 'PRIVATE' }]);
  });

  it.each<[what: string, info: object | undefined]>([
    ['no cache control', {}],
    ['no information', undefined],
  ])('is nothing to care about with %s', (_, info) => {
    expect(() => graphql.keepPrivate?.(hostOf({}, {}, {}, info))).not.toThrow();
  });
});

describe('a request that ends with one operation', () => {
  it.each<[what: string, request: object]>([
    ['that a server has received', received()],
    ['of Fastify, around that', Object.assign(new (class Request {})(), { headers: {}, raw: received() })],
  ])('is one %s', (_, request) => {
    expect(isHttpRequest(request as never)).toBe(true);
    expect(graphql.ownsRequest(request as never)).toBe(true);
  });

  it.each<[what: string, request: object]>([
    ['that opened a socket', received({ upgrade: 'websocket' })],
    ['that opened a socket over HTTP/2', received({ ':protocol': 'websocket' })],
    ['that opened a socket, behind a copy of its headers', { headers: {}, raw: received({ upgrade: 'websocket' }) }],
    ['that opened a socket, with its headers taken away', withoutHeaders(received({ upgrade: 'websocket' }))],
    ['that only looks like one', { headers: {} }],
    ['that has one under another name', { headers: {}, request: received() }],
  ])('is none %s', (_, request) => {
    expect(isHttpRequest(request as never)).toBe(false);
    expect(graphql.ownsRequest(request as never)).toBe(false);
  });
});
