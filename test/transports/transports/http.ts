// @ts-nocheck: see ../harness/tokens.ts
import { once } from 'node:events';
import { connect } from 'node:http2';
import multipart from '@fastify/multipart';
import { Controller, Get, Post, Req, Sse, UploadedFile, UseInterceptors } from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import { of } from 'rxjs';
import { FormData, fetch } from 'undici';
import { decorate } from '../harness/decorate';

const headersOf = (token) => (token === undefined ? {} : { authorization: `Bearer ${token}` });

/** A response as `fetch` gives it, whose body has been read, so that the connection is free. */
async function received(response) {
  const body = await response.text();
  const held = { status: response.status, headers: response.headers, body };
  return { form: `HTTP ${response.status}`, held };
}

/** A controller with one handler at `/`. */
function controller(handle, native, guards) {
  @Controller()
  class BankController {
    handle(request, file) {
      return handle(request, file);
    }
  }
  decorate(BankController, 'handle', [...native, ...guards]);
  return BankController;
}

export const uploads = {
  express: {
    adapter: 'express',
    create: ({ guards, ran }, noticed) => {
      const types = Reflect.metadata('design:paramtypes', [Object]);
      const native = [Post(), UseInterceptors(FileInterceptor('file', { fileFilter: noticed })), types];
      const type = controller(() => ran(), native, guards);
      UploadedFile()(type.prototype, 'handle', 0);
      return { adapter: 'express', controllers: [type] };
    },
  },
  fastify: {
    adapter: 'fastify',
    create: ({ guards, ran }) => {
      const read = async (request) => {
        await (await request.file()).toBuffer();
        return ran();
      };
      const type = controller(read, [Post(), Reflect.metadata('design:paramtypes', [Object])], guards);
      Req()(type.prototype, 'handle', 0);
      return {
        adapter: 'fastify',
        controllers: [type],
        configure: (app) => app.register(multipart, { limits: { fileSize: 2 ** 31 } }),
      };
    },
  },
};

async function upload({ url }, token) {
  const form = new FormData();
  form.set('file', new Blob(['a small file']), 'file.txt');
  return received(await fetch(url, { method: 'POST', headers: headersOf(token), body: form }));
}

async function overHttp2({ url }, token) {
  const session = connect(url);
  try {
    const request = session.request({ ':path': '/', ...headersOf(token) });
    const [headers] = await once(request, 'response');
    let body = '';
    for await (const chunk of request) body += chunk;
    return { form: `HTTP/2 ${headers[':status']}`, held: { status: headers[':status'], headers, body } };
  } finally {
    session.close();
  }
}

const get = (adapter) => ({
  name: `HTTP, ${adapter === 'express' ? 'Express' : 'Fastify'}: a request`,
  create: ({ guards, ran }) => ({
    adapter,
    controllers: [controller(() => ran(), [Get()], guards)],
    call: async ({ url }, token) => received(await fetch(url, { headers: headersOf(token) })),
  }),
});

const sse = (adapter) => ({
  name: `SSE, ${adapter === 'express' ? 'Express' : 'Fastify'}: a stream of events`,
  create: ({ guards, ran }) => ({
    adapter,
    controllers: [controller(() => of({ data: ran() }), [Sse()], guards)],
    call: async ({ url }, token) =>
      received(await fetch(url, { headers: { ...headersOf(token), accept: 'text/event-stream' } })),
  }),
});

export const httpTransports = [
  ...['express', 'fastify'].flatMap((adapter) => [get(adapter), sse(adapter)]),
  {
    name: 'HTTP/2, Fastify: a request',
    create: ({ guards, ran }) => ({
      adapter: 'http2',
      controllers: [controller(() => ran(), [Get()], guards)],
      call: overHttp2,
    }),
  },
  ...Object.entries(uploads).map(([adapter, { create }]) => ({
    name: `multipart upload, ${adapter === 'express' ? 'Express' : 'Fastify'}`,
    create: (parts) => ({ ...create(parts, (_request, _file, done) => done(null, true)), call: upload }),
  })),
];
