// @ts-nocheck: see ../harness/types.ts
// What is judged: the invocation itself, by what somebody has verified, now.
import { createServer } from 'node:http';
import { Body, Controller, Post, Req, UseGuards } from '@nestjs/common';
import { Context, Query, Resolver } from '@nestjs/graphql';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { AccessTokenGuard, RequireAcr, SkipStepUp, StepUpContext, StepUpService } from 'nestjs-step-up';
import { clock, conversation, graphql, http, message, pause, socketIo } from '../harness/calls';
import { apollo, application, classOf, decorate, kinds, mounted } from '../harness/kinds';
import { bearerOf, byMiddleware, byStrategy, claimsOf, eventOf, requestOf } from '../harness/users';

const rows = {};
let rule = '';
const add = (name, row) => {
  rows[`${rule} ${name}`] = { rule, name, adapters: ['express', 'fastify'], needs: 'refusal', good: 'free', ...row };
};
const PHR = 'urn:example:phr';

rule = '`at` is an ExecutionContext or a request that Nest has handed us';

/** A handler that asks the service about what it makes of the request. */
function asking(
  secret,
  { make, decorators = [], options = {}, part = {}, required = [PHR], method = 'require', body = {} },
) {
  @Controller()
  class Transfers {
    constructor(private readonly stepUp: StepUpService) {}
    async transfer(request, sent, at) {
      const it = make({ request, sent, at });
      if (method === 'require') await this.stepUp.require(it, ...required);
      else if (!(await this.stepUp.assess(it, ...required)).met) return 'not met';
      return secret();
    }
  }
  Reflect.defineMetadata('design:paramtypes', [StepUpService], Transfers);
  Req()(Transfers.prototype, 'transfer', 0);
  Body()(Transfers.prototype, 'transfer', 1);
  StepUpContext()(Transfers.prototype, 'transfer', 2);
  decorate(Transfers, 'transfer', [Post(), ...decorators]);
  return application(
    kinds.controller,
    {
      controllers: [Transfers],
      options,
      call: (at) => http(at, { method: 'POST', body: typeof body === 'function' ? body(at) : body }),
    },
    part,
  );
}

const lookAlikes = {
  "the body, which has headers with somebody's token": {
    make: ({ sent }) => sent,
    body: (good) => ({ headers: { authorization: `Bearer ${good}` } }),
  },
  'the body, which has headers and a user': {
    make: ({ sent }) => sent,
    body: () => ({ headers: {}, user: { sub: 'mallory', acr: PHR, auth_time: Date.now() / 1000 } }),
  },
  'the body, which has a raw request': {
    make: ({ sent }) => sent,
    body: (good) => ({ headers: {}, raw: { headers: { authorization: `Bearer ${good}` } } }),
  },
  'the body under a prototype of the request': {
    make: ({ sent, request }) => Object.setPrototypeOf(sent, request),
    body: (good) => ({ headers: { authorization: `Bearer ${good}` }, user: { sub: 'mallory', acr: PHR } }),
  },
  'the body assigned to a copy of the request': {
    make: ({ sent, request }) => ({ ...request, ...sent }),
    body: (good) => ({ headers: { authorization: `Bearer ${good}` }, user: { sub: 'mallory', acr: PHR } }),
  },
  'the body dressed as a context': {
    make: ({ sent }) => ({
      getHandler: () => undefined,
      getClass: () => class {},
      getType: () => 'http',
      switchToHttp: () => ({ getRequest: () => sent, getResponse: () => ({}) }),
    }),
    body: (good) => ({ headers: { authorization: `Bearer ${good}` }, user: { sub: 'mallory', acr: PHR } }),
  },
};
for (const [what, { make, body }] of Object.entries(lookAlikes)) {
  for (const method of ['require', 'assess']) {
    for (const [mode, part] of [
      ['register', {}],
      ['existing', { options: { passport: 'existing', strategyName: 'nowhere' } }],
      [
        'existing with an event',
        {
          options: {
            passport: 'existing',
            strategyName: 'nowhere',
            authenticationEvent: (context) => eventOf(requestOf(context)?.user ?? {}),
          },
        },
      ],
    ]) {
      add(`${mode}, ${method}: ${what}`, {
        application: (secret, { tokens }) => asking(secret, { make, method, part, body: () => body(tokens.good) }),
      });
    }
  }
}
const served = { needs: 'step-up', good: 'served' };
// with the option, only a context says which token an invocation has
const withoutTokenOption = { accessToken: undefined };
add('register, require: the request alone, with the option accessToken', {
  needs: 'step-up',
  application: (secret) => asking(secret, { make: ({ request }) => request }),
});
for (const [what, make] of Object.entries({
  'the request': ({ request }) => request,
  '@StepUpContext()': ({ at }) => at,
})) {
  add(`register, require: ${what} itself works`, {
    ...served,
    application: (secret) => asking(secret, { make, options: withoutTokenOption }),
  });
  add(`register, require under @SkipStepUp: ${what} itself works`, {
    ...served,
    application: (secret) => asking(secret, { make, decorators: [SkipStepUp()] }),
  });
  add(`existing, require under @SkipStepUp: ${what} itself works`, {
    ...served,
    application: (secret) => asking(secret, { make, decorators: [SkipStepUp()], part: byMiddleware() }),
  });
}
/** Two fields of one GraphQL request. `slow` waits until the other has been admitted, then asks about the shared request. */
function twoFields(secret, { required, decorator, at = ({ request }) => request, fast = SkipStepUp(), options = {} }) {
  @Resolver()
  class Fields {
    constructor(private readonly stepUp: StepUpService) {}
    async secret(context, own) {
      await pause(20);
      await this.stepUp.require(at({ request: context.req, own }), ...required);
      return secret();
    }
    other() {
      return 'done';
    }
  }
  Reflect.defineMetadata('design:paramtypes', [StepUpService], Fields);
  Context()(Fields.prototype, 'secret', 0);
  StepUpContext()(Fields.prototype, 'secret', 1);
  decorate(Fields, 'secret', [Query('secret'), ...decorator]);
  decorate(Fields, 'other', [Query('other'), fast]);
  return { providers: [Fields], imports: [apollo()], call: (at) => graphql(at, '{ secret other }'), options };
}
const byHandler = (context) => (context.getHandler().name === 'secret' ? { acrValues: ['phr'] } : undefined);
add('GraphQL: a function asked about the shared request sees the field admitted last', {
  needs: 'step-up',
  application: (secret) => twoFields(secret, { required: [byHandler], decorator: [SkipStepUp()] }),
});
add('GraphQL: a function asked about its own context sees itself', {
  needs: 'step-up',
  good: 'served',
  application: (secret) =>
    twoFields(secret, { required: [byHandler], decorator: [SkipStepUp()], at: ({ own }) => own }),
});
add('GraphQL: requirements asked about the shared request', {
  needs: 'step-up',
  good: 'served',
  application: (secret) =>
    twoFields(secret, { required: ['phr'], decorator: [SkipStepUp()], options: withoutTokenOption }),
});
add('GraphQL: requirements asked about the shared request, with the option accessToken', {
  needs: 'step-up',
  application: (secret) => twoFields(secret, { required: ['phr'], decorator: [SkipStepUp()] }),
});
add('GraphQL: the shared request stands for a field whose own function adds nothing', {
  needs: 'step-up',
  application: (secret) =>
    twoFields(secret, {
      required: [(context) => context.getClass() && byHandler(context)],
      decorator: [RequireAcr(() => undefined)],
      fast: RequireAcr('pwd'),
    }),
});
add('sockets: two messages of one socket, a function asked about the client', {
  adapters: ['express'],
  needs: 'step-up',
  application(secret) {
    @WebSocketGateway()
    class Gateway {
      constructor(private readonly stepUp: StepUpService) {}
      async secret(client) {
        await pause(20);
        await this.stepUp.require(client, byHandler);
        return { event: 'secret', data: secret() };
      }
      other() {
        return { event: 'other', data: '' };
      }
    }
    Reflect.defineMetadata('design:paramtypes', [StepUpService], Gateway);
    decorate(Gateway, 'secret', [SubscribeMessage('secret'), SkipStepUp()]);
    decorate(Gateway, 'other', [SubscribeMessage('other'), SkipStepUp()]);
    return {
      providers: [Gateway],
      options: { accessToken: (context) => context.switchToWs().getData()?.token },
      configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
      call: ({ port, token }) =>
        conversation(port, {}, (socket, text) => {
          if (text !== undefined) return text.includes('secret') || text.includes('exception');
          for (const event of ['secret', 'other']) socket.send(JSON.stringify({ event, data: { token } }));
        }),
    };
  },
});

rule = 'What nobody has verified can refuse but never raise';

const encoded = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
/** A JWT of the sender's own making: its signature is none. */
const unsigned = (claims) =>
  `${encoded({ alg: 'ES256', typ: 'at+jwt', kid: 'x' })}.${encoded(claims)}.${'A'.repeat(86)}`;
const forged = (server, further = {}) =>
  unsigned({
    iss: server.issuer,
    sub: 'alice',
    acr: PHR,
    auth_time: Math.floor(Date.now() / 1000),
    scope: 'pay',
    exp: 4e9,
    ...further,
  });

for (const mode of ['enforce', 'report']) {
  for (const [what, validate] of [
    ['drops acr', ({ sub, iss }) => ({ sub, iss })],
    ['keeps acr', (claims) => claims],
  ]) {
    // the session says who it is; the header has a token of the sender's own making
    const session = (server) =>
      byMiddleware({ mode, authorizationServers: [server] }, (request) => {
        const claims = claimsOf(/token=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]);
        return claims && validate(claims);
      });
    const send = (running, environment, further) =>
      http(
        {
          ...running,
          headers: {
            authorization: `Bearer ${forged(environment.server)}`,
            ...(running.token && { cookie: `token=${running.token}` }),
          },
        },
        further,
      );
    const needs = 'step-up';
    add(`existing, ${mode}: unsigned token beside a session that ${what}, assess() in the handler`, {
      needs,
      application(secret, environment) {
        const whole = asking(secret, {
          make: ({ at }) => at,
          method: 'assess',
          decorators: [SkipStepUp()],
          part: session(environment.server),
        });
        return { ...whole, call: (at) => send(at, environment, { method: 'POST', body: {} }) };
      },
    });
    if (mode === 'enforce') {
      add(`existing, ${mode}: unsigned token beside a session that ${what}, @RequireAcr`, {
        needs,
        application: (secret, environment) => ({
          ...application(
            kinds.controller,
            { controllers: [classOf(kinds.controller, secret, { below: [RequireAcr('phr')] })] },
            session(environment.server),
          ),
          call: (at) => send(at, environment),
        }),
      });
    }
    add(`existing, ${mode}: unsigned token beside a session that ${what}, a scope`, {
      needs: 'refusal',
      application: (secret, environment) => ({
        ...application(
          kinds.controller,
          { controllers: [classOf(kinds.controller, secret, { below: [RequireAcr({ scope: 'pay' })] })] },
          session(environment.server),
        ),
        call: (at) => send(at, environment),
      }),
    });
    add(`existing, ${mode}: unsigned token without act beside a session with act that ${what}`, {
      needs: 'refusal',
      application: (secret, environment) => ({
        ...application(
          kinds.controller,
          { controllers: [classOf(kinds.controller, secret, { below: [RequireAcr('phr')] })] },
          byMiddleware({ mode, authorizationServers: [environment.server] }, () => ({
            sub: 'alice',
            iss: environment.server.issuer,
            acr: PHR,
            act: { sub: 'support' },
          })),
        ),
        call: (at) => send(at, environment),
      }),
    });
  }
  for (const kindName of ['controller', 'query', 'ws gateway', 'message pattern']) {
    const kind = kinds[kindName];
    for (const [what, on] of Object.entries({
      '@RequireAcr': { below: [RequireAcr('phr')] },
      '@SkipStepUp': { below: [SkipStepUp()] },
      AccessTokenGuard: { below: [UseGuards(AccessTokenGuard)] },
    })) {
      add(`register, ${mode}: unsigned token, ${kindName}, ${what}`, {
        adapters: kind.adapters,
        application: (secret, environment) => {
          const whole = application(kind, mounted(kind, classOf(kind, secret, on)), { options: { mode } });
          const token = forged(environment.server, { aud: environment.server.audience });
          return { ...whole, call: (at) => kind.call({ ...at, token, headers: { authorization: `Bearer ${token}` } }) };
        },
      });
    }
  }
}

rule = 'What is remembered never outlives the operation';

/** Two operations on one graphql-ws connection; between them the token ends. The second must not run. */
function twoOperations(secret, _environment, { options, tokenOf, end, part = {}, subscriptions = {}, context }) {
  let over = false;
  @Resolver()
  class Operations {
    @Query('secret')
    @RequireAcr('phr')
    secret() {
      return over ? secret() : 'in time';
    }
  }
  return application(
    { call: undefined },
    {
      providers: [Operations],
      imports: [apollo({ subscriptions: { 'graphql-ws': subscriptions }, ...(context && { context }) })],
      options,
    },
    part,
    {
      async call({ port }) {
        over = false;
        const token = await tokenOf();
        let operations = 0;
        const ask = (socket) =>
          socket.send(
            JSON.stringify({ id: String(++operations), type: 'subscribe', payload: { query: '{ secret }' } }),
          );
        return conversation(
          port,
          { path: '/graphql', protocol: 'graphql-transport-ws', headers: {} },
          (socket, text) => {
            if (text === undefined)
              socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
            else if (text.includes('connection_ack')) ask(socket);
            else if (text.includes('"1"') && /next|error/.test(text)) {
              over = true;
              end(token);
              ask(socket);
            } else if (text.includes('"2"')) return true;
          },
        ).finally(() => clock.reset());
      },
    },
  );
}
const contexts = {
  "Nest's own context": {
    options: { accessToken: (context) => bearerOf({ headers: context.getArgByIndex(2).req.connectionParams ?? {} }) },
  },
  'a request object kept in extra by onConnect': {
    subscriptions: {
      onConnect: (connection) => {
        connection.extra.req = { headers: connection.connectionParams };
      },
    },
    context: ({ req, extra }) => ({ req: req ?? extra.req }),
  },
  'the request of the handshake': {
    subscriptions: {
      onConnect: (connection) => {
        connection.extra.request.headers.authorization = connection.connectionParams.authorization;
      },
    },
    context: ({ req, extra }) => ({ req: req ?? extra.request }),
  },
};
for (const [name, setting] of Object.entries(contexts)) {
  const row = (make) => ({ adapters: ['express'], asks: ['none'], application: make });
  add(
    `AT-6 register, token expires, ${name}`,
    row((secret, environment) =>
      twoOperations(secret, environment, {
        ...setting,
        options: { ...setting.options, clockTolerance: 0 },
        tokenOf: () => environment.issue({ acr: PHR, expiresIn: 2 }),
        end: () => clock.advance(3),
      }),
    ),
  );
  add(
    `AT-6 register, token revoked, ${name}`,
    row((secret, environment) => {
      const { authorizationServer } = environment;
      const introspection = { ...authorizationServer.introspection, when: 'always', cacheFor: 0 };
      return twoOperations(secret, environment, {
        ...setting,
        options: { ...setting.options, authorizationServers: [{ ...environment.server, introspection }] },
        tokenOf: () => environment.issue({ acr: PHR }),
        end: (token) => authorizationServer.revoke(token),
      });
    }),
  );
  if (name.startsWith('Nest')) continue;
  add(
    `AT-6 existing, token expires, ${name}`,
    row((secret, environment) =>
      twoOperations(secret, environment, {
        ...setting,
        part: byStrategy({ clockTolerance: 0, authorizationServers: [environment.server] }),
        tokenOf: () => environment.issue({ acr: PHR, expiresIn: 2 }),
        end: () => clock.advance(3),
      }),
    ),
  );
}
add('AT-6 sibling: register, token in the data of each message, first a good one, then none', {
  adapters: ['express'],
  asks: ['none'],
  application(secret, { tokens }) {
    let second = false;
    const kind = { ...kinds['ws gateway'], body: () => ({ event: 'secret', data: second ? secret() : 'first' }) };
    return application(kind, mounted(kind, classOf(kind, secret, { below: [RequireAcr('phr')] })), {
      call: ({ port }) => {
        second = false;
        return conversation(port, {}, (socket, text) => {
          if (text === undefined) socket.send(JSON.stringify({ event: 'secret', data: { token: tokens.good } }));
          else if (!second) {
            second = true;
            socket.send(JSON.stringify({ event: 'secret', data: {} }));
          } else return true;
        });
      },
    });
  },
});

rule = "Strangers' work has its own bound";

add('AT-7 300 strangers with random opaque tokens, a server that does not answer them: good JWTs are served', {
  adapters: ['express'],
  needs: 'nothing',
  good: 'served',
  timeout: 20_000,
  async application(secret, { server, authorizationServer, issue }) {
    let release: () => void = () => undefined;
    const released = new Promise((resolve) => {
      release = resolve;
    });
    const slow = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      if (body.includes('stranger')) await released;
      const { authorization } = request.headers;
      const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization };
      const answer = await fetch(authorizationServer.introspection.endpoint, { method: 'POST', body, headers });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    });
    await new Promise((resolve) => slow.listen(0, '127.0.0.1', resolve));
    slow.unref();
    const endpoint = `http://127.0.0.1:${slow.address().port}`;
    const introspection = { ...authorizationServer.introspection, endpoint, when: 'always', cacheFor: 0 };
    return {
      controllers: [classOf(kinds.controller, secret, { below: [RequireAcr('phr')] })],
      options: { authorizationServers: [{ ...server, introspection }] },
      async call(running) {
        const ask = (token) => http({ ...running, headers: { authorization: `Bearer ${token}` } });
        const strangers = Array.from({ length: 300 }, (_, index) => ask(`stranger-${index}`).catch(() => undefined));
        // of different users, as one token is asked about once at a time
        const tokens = await Promise.all(
          Array.from({ length: 20 }, (_, index) => issue({ acr: PHR, subject: `user ${index}` })),
        );
        const answers = await Promise.all(tokens.map(ask));
        const lost = answers.filter(({ status }) => status !== 200);
        if (lost.length > 0) secret.betray(`good tokens: ${lost[0].status}`);
        release();
        await Promise.all(strangers);
        slow.closeAllConnections();
        return answers;
      },
    };
  },
});

rule = 'A refusal never becomes an unhandled rejection; what works goes on working';

for (const [name, Adapter, call] of [
  ['ws', WsAdapter, message],
  ['socket.io', IoAdapter, socketIo],
]) {
  add(`AT-13 await authenticate(token) in handleConnection, ${name}`, {
    adapters: ['express'],
    needs: 'nothing',
    good: 'served',
    application(secret) {
      class Gateway {
        constructor(private readonly stepUp: StepUpService) {}
        async handleConnection(client, request) {
          client.user = await this.stepUp.authenticate(
            bearerOf(request ?? client.handshake) ?? bearerOf(client.handshake) ?? '',
          );
        }
        secret() {
          return { event: 'secret', data: secret() };
        }
      }
      Reflect.defineMetadata('design:paramtypes', [StepUpService], Gateway);
      decorate(Gateway, 'secret', [SubscribeMessage('secret')]);
      WebSocketGateway()(Gateway);
      return {
        providers: [Gateway],
        configure: (app) => app.useWebSocketAdapter(new Adapter(app)),
        async call(running) {
          await call({ ...running, headers: { authorization: 'Bearer garbage' } });
          return call(running);
        },
      };
    },
  });
}

// AT-14: an instanceDecorator wraps the methods of all instances
const wraps = {
  'wrappers that inherit from the method': (method) =>
    Object.setPrototypeOf(function (...parameters) {
      return method.apply(this, parameters);
    }, method),
  'wrappers with the metadata copied': (method) => {
    const made = function (...parameters) {
      return method.apply(this, parameters);
    };
    for (const key of Reflect.getMetadataKeys(method))
      Reflect.defineMetadata(key, Reflect.getMetadata(key, method), made);
    return made;
  },
  'bare wrappers': (method) =>
    function (...parameters) {
      return method.apply(this, parameters);
    },
  'bound methods': (method, instance) => method.bind(instance),
};
for (const [what, wrap] of Object.entries(wraps)) {
  for (const kindName of ['controller', 'request-scoped controller', 'query', 'ws gateway', 'message pattern']) {
    const kind = kinds[kindName];
    add(`AT-14 instanceDecorator, ${what}, ${kindName}`, {
      adapters: kind.adapters.slice(0, 1),
      needs: 'step-up',
      good:
        // a function without name or metadata, made for one request, stands for no method that anybody could tell
        what !== 'bound methods' && (what.startsWith('wrappers') || /^(controller|query)/.test(kindName))
          ? 'served'
          : 'free',
      application(secret) {
        const C = classOf(kind, secret, { below: [RequireAcr('phr')] });
        const instanceDecorator = (instance) => {
          if (instance instanceof C) instance.secret = wrap(instance.secret, instance);
          return instance;
        };
        return application(kind, mounted(kind, C), { settings: { instrument: { instanceDecorator } } });
      },
    });
    add(`AT-14 sibling: instanceDecorator gives a proxy, ${what}, ${kindName}`, {
      adapters: kind.adapters.slice(0, 1),
      needs: 'step-up',
      application(secret) {
        const C = classOf(kind, secret, { below: [RequireAcr('phr')] });
        const instanceDecorator = (instance) =>
          instance instanceof C
            ? new Proxy(instance, {
                get: (target, key) => (key === 'secret' ? wrap(target.secret, target) : Reflect.get(target, key)),
              })
            : instance;
        return application(kind, mounted(kind, C), { settings: { instrument: { instanceDecorator } } });
      },
    });
  }
}

for (const [how, act] of Object.entries({
  throws: () => {
    throw new Error('no');
  },
  rejects: async () => {
    throw new Error('no');
  },
})) {
  add(`a provider factory that ${how} beside a marked handler`, {
    needs: 'the boot to stop',
    application: (secret) => ({
      controllers: [classOf(kinds.controller, secret, { below: [RequireAcr('phr')] })],
      providers: [{ provide: 'failing', useFactory: act }],
      call: (at) => http(at),
    }),
  });
}
for (const [what, make] of Object.entries({
  'an instance whose members throw': () =>
    new Proxy(
      {},
      {
        get: (_, key) => {
          if (key === 'then' || typeof key === 'symbol') return undefined;
          throw new Error(`not ${String(key)}`);
        },
      },
    ),
  'an instance whose prototype throws': () =>
    new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error('no prototype');
        },
      },
    ),
  'a revoked proxy as value': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  'an instance without prototype': () => Object.create(null),
  'a function without prototype': () => () => undefined,
  'a class whose prototype is null': () => {
    const f = () => {};
    f.prototype = null;
    return f;
  },
})) {
  add(`the application has ${what} among its providers`, {
    adapters: ['express'],
    needs: 'step-up',
    good:
      what.includes('revoked') || what.includes('members throw') || what.includes('prototype throws')
        ? 'free'
        : 'served',
    application: (secret) => ({
      controllers: [classOf(kinds.controller, secret, { below: [RequireAcr('phr')] })],
      providers: [{ provide: 'odd', useValue: make() }],
      call: (at) => http(at),
    }),
  });
}

export function judgedRows() {
  return Object.values(rows);
}
