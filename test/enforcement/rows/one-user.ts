// @ts-nocheck: see ../harness/types.ts
// One request, one user: the one judged is the one whom the handler receives.
import {
  Controller,
  createParamDecorator,
  Get,
  Inject,
  Injectable,
  Req,
  Scope,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, REQUEST } from '@nestjs/core';
import { AuthGuard, PassportModule } from '@nestjs/passport';
import { AccessTokenGuard, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import passport from 'passport';
import { http } from '../harness/calls';
import { application, classOf, decorate, decorateClass, inTurns, kinds, mounted } from '../harness/kinds';
import { bearerOf, byMiddleware, byStrategy, claimsOf, eventOf, OwnStrategy, requestOf } from '../harness/users';

const RULE = 'One request, one user';
const rows = {};
const add = (name, row) => {
  rows[name] = { adapters: ['express', 'fastify'], needs: 'refusal', good: 'free', ...row };
};
const phr = () => RequireAcr('phr');
const BOB = { sub: 'bob', iss: 'https://elsewhere.example' };

/** What application code does to the user on a request; `bob` is somebody else than the token says. */
const changes = {
  'replaces the user': (request) => {
    request.user = { ...BOB };
  },
  'replaces the user, same issuer': (request) => {
    request.user = { ...request.user, sub: 'bob' };
  },
  'replaces the user by one of another issuer': (request) => {
    request.user = { ...request.user, iss: 'https://elsewhere.example' };
  },
  'changes the user in place': (request) => {
    if (request.user !== undefined) request.user.sub = 'bob';
    else request.user = { ...BOB };
  },
  'replaces the user by an accessor': (request) => {
    Object.defineProperty(request, 'user', { configurable: true, get: () => ({ ...BOB }) });
  },
  'replaces the user by one who inherits from the judged one': (request) => {
    request.user = Object.assign(Object.create(request.user ?? {}), BOB);
  },
  'replaces the user by a string': (request) => {
    request.user = 'bob';
  },
};
const isBob = (user) => user === 'bob' || user?.sub === 'bob' || user?.iss === BOB.iss;

const guarding = (change) =>
  decorateClass(
    class ChangingGuard {
      canActivate(context) {
        change(requestOf(context));
        return true;
      }
    },
    [Injectable()],
  );
const intercepting = (change) =>
  decorateClass(
    class ChangingInterceptor {
      intercept(context, next) {
        change(requestOf(context));
        return next.handle();
      }
    },
    [Injectable()],
  );

/** Where the change happens. The first group runs before or between guards: the handler must not run at all. */
const places = {
  'a guard above @RequireAcr': (change) => ({ on: { above: [], below: [UseGuards(guarding(change)), phr()] } }),
  'a guard below @RequireAcr': (change) => ({ on: { below: [phr(), UseGuards(guarding(change))] } }),
  'a guard of the class': (change) => ({ on: { below: [phr()], cls: [UseGuards(guarding(change))] } }),
  'a guard of the class that requires, above it': (change) => ({ on: { cls: [UseGuards(guarding(change)), phr()] } }),
  'a global guard': (change) => ({
    on: { below: [phr()] },
    part: { providers: [{ provide: APP_GUARD, useClass: guarding(change) }] },
  }),
  'a guard after AccessTokenGuard': (change) => ({ on: { below: [UseGuards(AccessTokenGuard, guarding(change))] } }),
  'a guard after @SkipStepUp': (change) => ({ on: { below: [UseGuards(guarding(change)), SkipStepUp()] } }),
  'an async guard after the judgement, a while later': (change) => ({
    on: {
      below: [
        UseGuards(
          decorateClass(
            class Slow {
              async canActivate(context) {
                await new Promise((resolve) => setTimeout(resolve, 10));
                change(requestOf(context));
                return true;
              }
            },
            [Injectable()],
          ),
        ),
        phr(),
      ],
    },
  }),
  'an interceptor of the method': (change) => ({
    on: { below: [phr(), UseInterceptors(intercepting(change))] },
    later: true,
  }),
  'an interceptor of the class': (change) => ({
    on: { below: [phr()], cls: [UseInterceptors(intercepting(change))] },
    later: true,
  }),
  'a global interceptor': (change) => ({
    on: { below: [phr()] },
    part: { providers: [{ provide: APP_INTERCEPTOR, useClass: intercepting(change) }] },
    later: true,
  }),
  'a parameter decorator': (change) => ({ on: { below: [phr()] }, parameter: change, later: true }),
  'a pipe of the request': (change) => ({
    on: { below: [phr()] },
    pipe: change,
    later: true,
  }),
};

/** The request that a handler of this kind receives. */
const Received = createParamDecorator((change, context) => {
  change?.(requestOf(context));
  return requestOf(context);
});

const subjects = {
  controller: kinds.controller,
  query: { ...kinds.query, adapters: ['express'] },
  'ws gateway': kinds['ws gateway'],
  'message pattern': kinds['message pattern'],
};

for (const [kindName, kind] of Object.entries(subjects)) {
  for (const [placeName, place] of Object.entries(places)) {
    for (const [changeName, change] of Object.entries(changes)) {
      const isCommon =
        changeName === 'replaces the user' || (changeName === 'changes the user in place' && !kind.isRpc);
      if (
        !isCommon &&
        (kindName !== 'controller' ||
          !['a guard above @RequireAcr', 'an interceptor of the method', 'a global guard'].includes(placeName))
      )
        continue;
      add(
        `${placeName === 'a guard above @RequireAcr' && kindName === 'controller' ? 'AT-5 ' : ''}${kindName}: ${placeName} ${changeName}`,
        {
          adapters:
            changeName === 'replaces the user' ? kind.adapters : inTurns(kind.adapters, Object.keys(rows).length),
          // before 12, no global guard runs before a gateway, so that nobody changes the user
          versions: (version) =>
            placeName !== 'a global guard' || kindName !== 'ws gateway' || Number.parseInt(version, 10) >= 12,
          application: (secret) => receiving(kind, secret, place(change)),
        },
      );
    }
    add(`${kindName}: ${placeName} enriches the user`, {
      adapters: inTurns(kind.adapters, Object.keys(rows).length),
      needs: 'nothing',
      good: kindName === 'controller' || kindName === 'query' ? 'served' : 'free',
      application: (secret) => receiving(kind, secret, { ...place(enrich), always: true }),
    });
  }
}

function enrich(request) {
  if (request.user !== undefined) request.user = { ...request.user, name: 'Alice' };
}

/** A handler that tells its secret if it receives Bob, or if it runs though it must not (`later` is: after all guards). */
function receiving(kind, secret, { on, part = {}, parameter, pipe, later = false, always = false }) {
  class Subject {
    secret(request) {
      const tells = always || !later || isBob(request?.user);
      const told = tells ? secret() : 'of Alice';
      return kind.isSocket ? { event: 'secret', data: told } : told;
    }
  }
  const pipes =
    pipe === undefined
      ? []
      : [
          {
            transform: (value) => {
              pipe(value);
              return value;
            },
          },
        ];
  Received(parameter, ...pipes)(Subject.prototype, 'secret', 0);
  decorate(Subject, 'secret', [...(on.above ?? []), ...kind.method(), ...(on.below ?? [])]);
  decorateClass(Subject, [...(on.cls ?? []), ...kind.cls()]);
  return application(kind, mounted(kind, Subject), part);
}

// Somebody was there before

add('middleware has put somebody else on the request before the guards', {
  application(secret) {
    const part = byMiddleware({ passport: 'register' }, () => ({ ...BOB }));
    delete part.options;
    return application(
      kinds.controller,
      { controllers: [classOf(kinds.controller, secret, { below: [phr()] })] },
      part,
    );
  },
});
add('middleware has put somebody else there, AccessTokenGuard', {
  application(secret) {
    const part = byMiddleware({}, () => ({ ...BOB }));
    delete part.options;
    return application(
      kinds.controller,
      { controllers: [classOf(kinds.controller, secret, { below: [UseGuards(AccessTokenGuard)] })] },
      part,
    );
  },
});
add('middleware has put the same subject there, as a session does', {
  needs: 'step-up',
  good: 'served',
  application(secret) {
    const part = byMiddleware({}, (request) => {
      const claims = claimsOf(bearerOf(request));
      return claims && { sub: claims.sub, iss: claims.iss, name: 'Alice' };
    });
    delete part.options;
    return application(
      kinds.controller,
      { controllers: [classOf(kinds.controller, secret, { below: [phr()] })] },
      part,
    );
  },
});
add('middleware has captured the user before the guards, who is another afterwards', {
  application(secret) {
    const captured = new WeakMap();
    const part = byMiddleware({}, (request) => {
      const bob = { ...BOB };
      captured.set(request, bob);
      return bob;
    });
    delete part.options;
    @Controller()
    class Accounts {
      @Get()
      @phr()
      show(@Req() request) {
        return captured.get(request.raw ?? request)?.sub === 'bob' ? secret() : 'of Alice';
      }
    }
    return application(kinds.controller, { controllers: [Accounts] }, part);
  },
});
add('a request-scoped provider has captured the user before the guards', {
  application(secret) {
    class CurrentUser {
      constructor(request) {
        this.user = request.user;
      }
    }
    Inject(REQUEST)(CurrentUser, undefined, 0);
    decorateClass(CurrentUser, [Injectable({ scope: Scope.REQUEST })]);
    const part = byMiddleware({}, () => ({ ...BOB }));
    delete part.options;
    @Controller()
    class Accounts {
      constructor(@Inject(CurrentUser) private readonly current) {}
      @Get()
      @phr()
      show() {
        return isBob(this.current.user) ? secret() : 'of Alice';
      }
    }
    return application(kinds.controller, { controllers: [Accounts], providers: [CurrentUser] }, part);
  },
});

// Passport may put its user elsewhere

add("existing: the strategy's user stands under another property, request.user is somebody else", {
  application(secret, { server }) {
    const OwnGuard = decorateClass(
      class Later extends AuthGuard('own') {
        getAuthenticateOptions() {
          return { property: 'account' };
        }
      },
      [Injectable()],
    );
    const C = classOf(kinds.controller, secret, { below: [UseGuards(OwnGuard), phr()] });
    const strategy = byStrategy({ authorizationServers: [server] });
    const session = byMiddleware({}, () => ({ ...BOB, acr: 'urn:example:phr', iss: server.issuer }));
    return application(
      kinds.controller,
      { controllers: [C] },
      { ...strategy, imports: [PassportModule.register({})], configure: session.configure },
    );
  },
});
const OWN_OPTIONS = {
  'a method': () =>
    class AccountGuard extends AuthGuard('jwt') {
      getAuthenticateOptions() {
        return { property: 'account' };
      }
    },
  'a field': () =>
    class AccountGuard extends AuthGuard('jwt') {
      getAuthenticateOptions = async () => ({ property: 'account' });
    },
};
for (const [what, create] of Object.entries(OWN_OPTIONS)) {
  for (const order of ['before', 'after']) {
    add(`register: ${what} says that the user is elsewhere, ${order} the judgement, and somebody else is put there`, {
      application(secret) {
        const AccountGuard = decorateClass(create(), [Injectable()]);
        const Swapping = guarding((request) => {
          request.account = { ...BOB };
        });
        @Controller()
        class Accounts {
          show(request) {
            return isBob(request.account) ? secret() : 'of nobody else';
          }
        }
        const isAfter = order === 'after';
        decorate(Accounts, 'show', [Get(), UseGuards(...(isAfter ? [AccountGuard] : []), Swapping), phr()]);
        Req()(Accounts.prototype, 'show', 0);
        if (!isAfter) decorateClass(Accounts, [UseGuards(AccountGuard)]);
        return application(kinds.controller, { controllers: [Accounts] }, { imports: [PassportModule.register({})] });
      },
    });
  }
}
add('existing: a guard of the strategy runs after the judgement and finds another user', {
  application(secret, { server }) {
    const Later = decorateClass(
      class Later extends AuthGuard('own') {
        handleRequest(_error, user) {
          return user && { ...user, sub: 'bob' };
        }
      },
      [Injectable()],
    );
    const C = classOf(kinds.controller, secret, { below: [UseGuards(Later), phr()] });
    return application(
      kinds.controller,
      { controllers: [C], imports: [PassportModule.register({})] },
      byStrategy({ authorizationServers: [server] }),
    );
  },
});
add('existing: the event is of another subject than the user', {
  application(secret, { server }) {
    const C = classOf(kinds.controller, secret, { below: [phr()] });
    const authenticationEvent = (context) =>
      requestOf(context).user === undefined
        ? null
        : { acr: 'urn:example:phr', subject: 'mallory', issuer: server.issuer };
    return application(
      kinds.controller,
      { controllers: [C] },
      byMiddleware({ authenticationEvent, authorizationServers: [server] }),
    );
  },
});
add('register: `user` gives another subject than the token', {
  needs: 'nothing',
  application(secret) {
    const C = classOf(kinds.controller, secret, { below: [phr()] });
    return application(kinds.controller, { controllers: [C] }, { options: { user: () => ({ id: 7, name: 'Alice' }) } });
  },
  good: 'served',
});

// RS-17, RS-13: nobody, with 'existing'

const nobodyIs = { '{}': () => ({}), null: () => null, undefined: () => undefined, false: () => false };
const doors = {
  'AccessTokenGuard by @UseGuards': { below: [UseGuards(AccessTokenGuard)] },
  '@SkipStepUp': { below: [SkipStepUp()] },
  'a function that adds nothing': { below: [RequireAcr(() => undefined)] },
  '@RequireAcr': { below: [RequireAcr('urn:example:phr')] },
  'AccessTokenGuard by APP_GUARD': {},
};
for (const [doorName, on] of Object.entries(doors)) {
  for (const [value, nobody] of Object.entries(nobodyIs)) {
    for (const way of ['controller', 'message pattern', 'ws gateway', 'query']) {
      if (way !== 'controller' && value !== '{}' && value !== 'null') continue;
      const kind = way === 'query' ? { ...kinds.query, adapters: ['express'] } : kinds[way];
      const isStepUp = doorName === '@RequireAcr';
      add(`${isStepUp ? 'RS-13' : 'RS-17'} ${way}, ${doorName}, authenticationEvent gives ${value} for nobody`, {
        adapters: kind.adapters,
        needs: isStepUp ? 'step-up' : 'token',
        good: way === 'controller' || way === 'query' ? 'served' : 'free',
        application(secret) {
          const authenticationEvent = (context) => {
            const user = requestOf(context)?.user;
            return user === undefined ? nobody() : eventOf(user);
          };
          const C = classOf(kind, secret, on);
          const guards = doorName.endsWith('APP_GUARD') ? [{ provide: APP_GUARD, useClass: AccessTokenGuard }] : [];
          const parts =
            way === 'message pattern' || way === 'ws gateway'
              ? { options: { passport: 'existing', strategyName: 'nowhere', authenticationEvent } }
              : byMiddleware({ authenticationEvent });
          const whole = application(kind, mounted(kind, C), { providers: guards }, parts);
          if (way !== 'controller') return whole;
          return { ...whole, call: checking(secret, value) };
        },
      });
    }
  }
}

/** Decision 5: nobody is answered by 401 without error and requirements; what cannot be told by 500. */
function checking(secret, value) {
  return async (running) => {
    const answer = await http(running);
    if (running.tokenName !== 'none') return answer;
    const { status, challenge } = answer;
    if (value === 'undefined' || value === 'false') {
      if (status !== 500) secret.betray(`nobody: ${status} instead of 500`);
    } else if (status !== 401 || !challenge.startsWith('Bearer realm') || /error|acr_values/.test(challenge)) {
      secret.betray(`nobody: ${status} ${challenge}`);
    }
    return answer;
  };
}

for (const [doorName, on] of Object.entries(doors)) {
  if (doorName.endsWith('APP_GUARD')) continue;
  for (const [what, user] of Object.entries({ false: false, null: null, 'an empty string': '', zero: 0 })) {
    add(`RS-17 sibling: ${doorName}, ${what} stands on the request as user`, {
      needs: 'token',
      application(secret) {
        const C = classOf(kinds.controller, secret, on);
        return application(
          kinds.controller,
          { controllers: [C] },
          byMiddleware({ authenticationEvent: () => ({}) }, () => user),
        );
      },
    });
  }
}
add('RS-17 sibling: an event that names a subject is somebody, without a user', {
  needs: 'token',
  good: 'served',
  application(secret) {
    const authenticationEvent = (context) => {
      const claims = claimsOf(bearerOf(requestOf(context)));
      return claims === undefined ? null : eventOf(claims);
    };
    const C = classOf(kinds.controller, secret, { below: [SkipStepUp()] });
    return application(
      kinds.controller,
      { controllers: [C] },
      { options: { passport: 'existing', strategyName: 'nowhere', authenticationEvent } },
    );
  },
});
add('RS-13 sibling: `{}` for a user is challenged', {
  needs: 'step-up',
  application(secret) {
    const C = classOf(kinds.controller, secret, { below: [RequireAcr('urn:example:phr')] });
    const whole = application(
      kinds.controller,
      { controllers: [C] },
      byMiddleware({ authenticationEvent: () => ({}) }),
    );
    return {
      ...whole,
      async call(running) {
        const answer = await http(running);
        if (
          running.tokenName === 'weak' &&
          !(answer.status === 401 && answer.challenge.includes('insufficient_user_authentication'))
        )
          secret.betray(`a user without event: ${answer.status} ${answer.challenge}`);
        return answer;
      },
    };
  },
});

// RS-09, act: a strategy of cookies

const cookieOf = (request) => /token=([^;]+)/.exec(request.headers?.cookie ?? '')?.[1];
function cookieStrategy(validate) {
  return decorateClass(
    class CookieStrategy extends passport.Strategy {
      name = 'own';
      // where passport-jwt keeps the function that finds the token
      _jwtFromRequest = cookieOf;
      authenticate(request) {
        const claims = claimsOf(cookieOf(request));
        if (claims === undefined) this.fail();
        else this.success(validate(claims));
      }
      onModuleInit() {
        passport.use('own', this);
      }
    },
    [Injectable()],
  );
}
const inCookie = async (running, token = running.token) =>
  http({ ...running, headers: token === undefined ? {} : { cookie: `token=${token}` } });
const asDocumented = ({ sub }) => ({ userId: sub });
const keeping = ({ sub, iss, acr, auth_time }) => ({ sub, iss, acr, auth_time });

for (const [option, accessToken] of [
  ['', undefined],
  [' and the option accessToken', (context) => cookieOf(requestOf(context))],
]) {
  add(`RS-09 existing, JWT in a cookie, validate() drops acr${option}: 500, not a challenge that loops`, {
    needs: 'step-up',
    application(secret) {
      const C = classOf(kinds.controller, secret, { below: [RequireAcr('urn:example:phr')] });
      return {
        ...application(kinds.controller, { controllers: [C], providers: [cookieStrategy(asDocumented)] }),
        options: { passport: 'existing', strategyName: 'own', accessToken },
        async call(running) {
          const answer = await inCookie(running);
          if (running.tokenName === 'good' && answer.status !== 500)
            secret.betray(`good token: ${answer.status} ${answer.challenge}`);
          return answer;
        },
      };
    },
  });
  add(`existing, JWT with act in a cookie, validate() drops act${option}`, {
    needs: 'refusal',
    application(secret, { issue }) {
      const C = classOf(kinds.controller, secret, { below: [RequireAcr('urn:example:phr')] });
      return {
        ...application(kinds.controller, { controllers: [C], providers: [cookieStrategy(keeping)] }),
        options: { passport: 'existing', strategyName: 'own', accessToken },
        call: async (running) =>
          inCookie(running, await issue({ acr: 'urn:example:phr', claims: { act: { sub: 'support' } } })),
      };
    },
  });
  add(`existing, JWT in a cookie, validate() keeps acr${option}`, {
    needs: 'step-up',
    good: 'served',
    application(secret) {
      const C = classOf(kinds.controller, secret, { below: [RequireAcr('urn:example:phr')] });
      return {
        ...application(kinds.controller, { controllers: [C], providers: [cookieStrategy(keeping)] }),
        options: { passport: 'existing', strategyName: 'own', accessToken },
        call: (running) => inCookie(running),
      };
    },
  });
}
for (const mode of ['enforce', 'report']) {
  add(`existing, ${mode}: token with act in the header, validate() drops act`, {
    application: (secret, { issue }) => ({
      ...application(kinds.controller, {
        controllers: [classOf(kinds.controller, secret, { below: [RequireAcr('urn:example:phr')] })],
      }),
      providers: [
        decorateClass(
          class extends OwnStrategy {
            success(claims) {
              super.success?.(claims);
            }
          },
          [Injectable()],
        ),
      ],
      options: { passport: 'existing', strategyName: 'own', mode },
      call: async (running) =>
        http({
          ...running,
          headers: {
            authorization: `Bearer ${await issue({ acr: 'urn:example:phr', claims: { act: { sub: 'support' } } })}`,
          },
        }),
    }),
  });
}
add('register: token with act', {
  application: (secret, { issue }) => ({
    controllers: [classOf(kinds.controller, secret, { below: [phr()] })],
    call: async (running) =>
      http({
        ...running,
        headers: {
          authorization: `Bearer ${await issue({ acr: 'urn:example:phr', claims: { act: { sub: 'support' } } })}`,
        },
      }),
  }),
});

// Whoever is remembered: time passes

add('existing: `exp` of the user on a socket has passed', {
  adapters: ['express'],
  asks: ['none'],
  application(secret, { issue }) {
    const { WebSocketGateway, SubscribeMessage } = require('@nestjs/websockets');
    const { WsAdapter } = require('@nestjs/platform-ws');
    const { clock, conversation } = require('../harness/calls');
    @WebSocketGateway()
    class Gateway {
      handleConnection(client, request) {
        client.user = claimsOf(bearerOf(request));
      }
      @SubscribeMessage('secret')
      @SkipStepUp()
      secret(client) {
        return client.user.exp < Date.now() / 1000
          ? { event: 'secret', data: secret() }
          : { event: 'secret', data: 'in time' };
      }
    }
    return {
      providers: [Gateway],
      options: { passport: 'existing', clockTolerance: 0 },
      configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
      async call({ port }) {
        const headers = { authorization: `Bearer ${await issue({ acr: 'urn:example:phr', expiresIn: 2 })}` };
        const send = (socket) => socket.send(JSON.stringify({ event: 'secret', data: {} }));
        let first = true;
        return conversation(port, { headers }, (socket, text) => {
          if (text !== undefined) {
            if (!first) return true;
            first = false;
            clock.advance(3);
          }
          send(socket);
        }).finally(() => clock.reset());
      },
    };
  },
});

export function oneUserRows() {
  return Object.entries(rows).map(([name, row]) => ({ rule: RULE, name, ...row }));
}
