// @ts-nocheck: see ../harness/types.ts
// More samples of the same kinds: names and identity, foreign providers, values read as "no limit", words of two servers.
import { Controller, Get, Injectable, Scope, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ResolveField, Resolver, Subscription } from '@nestjs/graphql';
import {
  AccessTokenGuard,
  AcrGuard,
  Public,
  RequireAcr,
  SkipStepUp,
  StepUpContext,
  StepUpService,
} from 'nestjs-step-up';
import { conversation, graphql, http } from '../harness/calls';
import { apollo, application, classOf, decorate, decorateClass, kinds, mounted } from '../harness/kinds';
import { moduleOf } from './provided';

const rows = [];
let rule = '';
const add = (name, row) => rows.push({ rule, name, adapters: ['express'], needs: 'step-up', good: 'free', ...row });
const phr = () => RequireAcr('phr');
const allow = { canActivate: () => true };

rule = 'A handler is judged by the function Nest calls, found by its name in its class';

for (const [first, second] of [
  [[phr()], [Public()]],
  [[phr()], []],
  [[phr()], [SkipStepUp()]],
]) {
  for (const isFirst of [true, false]) {
    add(
      `one function in two controllers, @RequireAcr on one class, ${second.length} mark on the other, the ${isFirst ? 'first' : 'second'} is called`,
      {
        good: 'served',
        adapters: ['express', 'fastify'],
        application(secret) {
          class Marked {
            secret() {
              return secret();
            }
          }
          decorate(Marked, 'secret', [Get()]);
          class Other {}
          Object.defineProperty(Other.prototype, 'secret', Object.getOwnPropertyDescriptor(Marked.prototype, 'secret'));
          decorateClass(Marked, [...first, Controller('marked')]);
          decorateClass(Other, [...second, Controller('other')]);
          return {
            controllers: isFirst ? [Marked, Other] : [Other, Marked],
            call: (at) => http(at, { path: '/marked' }),
          };
        },
      },
    );
  }
}
add('one function under two names of a class, one overridden below', {
  application(secret) {
    class Base {
      secret() {
        return secret();
      }
    }
    decorate(Base, 'secret', [Get(), phr()]);
    Object.defineProperty(Base.prototype, 'alias', Object.getOwnPropertyDescriptor(Base.prototype, 'secret'));
    class Derived extends Base {
      secret() {
        return 'other';
      }
    }
    decorate(Derived, 'secret', [Get('other'), Public()]);
    Controller()(Derived);
    return { controllers: [Derived], call: (at) => http(at) };
  },
});
add('a base class is a controller itself, the derived one is @Public()', {
  good: 'served',
  application(secret) {
    const Base = classOf({ ...kinds.controller, cls: () => [Controller('base')] }, secret, { cls: [phr()] });
    const Derived = decorateClass(class Derived extends Base {}, [Public(), Controller('derived')]);
    return { controllers: [Derived, Base], call: (at) => http(at, { path: '/base' }) };
  },
});
for (const [what, name] of Object.entries({
  'named like a member of Object': 'toString',
  'named valueOf': 'valueOf',
  'named like a hook': 'onModuleInit2',
  'with a name of digits': '7',
  'named "bound secret"': 'bound secret',
  'named then': 'then2',
})) {
  for (const kindName of ['controller', 'request-scoped controller', 'message pattern']) {
    const kind = kinds[kindName];
    add(`a handler ${what}, ${kindName}`, {
      adapters: kind.adapters.slice(0, 1),
      good: 'free',
      application(secret) {
        const C = {
          Subject: class {
            [name]() {
              return secret();
            }
          },
        }.Subject;
        decorate(C, name, [...kind.method(), phr()]);
        return application(kind, mounted(kind, decorateClass(C, kind.cls())));
      },
    });
  }
}
add('ways to the same handler: HEAD, slashes, case, encoding', {
  adapters: ['express', 'fastify'],
  application: (secret) => {
    const C = classOf({ ...kinds.controller, method: () => [Get('accounts')] }, secret, { below: [phr()] });
    return {
      controllers: [C],
      async call(at) {
        const answers = [];
        for (const path of [
          '/accounts',
          '/accounts/',
          '//accounts',
          '/ACCOUNTS',
          '/%61ccounts',
          '/accounts?x=1',
          '/accounts;x',
          '/./accounts',
        ])
          for (const method of ['GET', 'HEAD']) answers.push(await http(at, { path, method }));
        return answers;
      },
    };
  },
});

rule = 'The guard is the very one, and so is its service';

const foreign = {
  'StepUpService, which admits everybody': {
    provide: StepUpService,
    useValue: { admit: () => true, admitAuthenticated: () => true },
  },
  'AcrGuard, which admits everybody': { provide: AcrGuard, useValue: allow },
  'AcrGuard by useClass': {
    provide: AcrGuard,
    useClass: decorateClass(
      class Lax {
        canActivate() {
          return true;
        }
      },
      [Injectable()],
    ),
  },
  'StepUpService as a class once more': StepUpService,
  'AcrGuard as a class once more': AcrGuard,
  'AccessTokenGuard as a class once more': AccessTokenGuard,
  'AccessTokenGuard, which admits everybody': { provide: AccessTokenGuard, useValue: allow },
};
for (const [what, provider] of Object.entries(foreign)) {
  for (const kindName of ['controller', 'query', 'ws gateway', 'message pattern']) {
    const kind = kinds[kindName];
    for (const [way, decorators, needs] of [
      ['@RequireAcr', [phr()], 'step-up'],
      ['AccessTokenGuard', [UseGuards(AccessTokenGuard)], 'token'],
    ]) {
      add(`a module of the application provides ${what}, ${kindName}, ${way}`, {
        adapters: kind.adapters.slice(0, 1),
        needs,
        application: (secret) =>
          application(kind, {
            imports: [
              moduleOf({ ...mounted(kind), providers: [...(mounted(kind).providers ?? []), provider] }, 'Empty'),
              (() => {
                const parts = mounted(kind, classOf(kind, secret, { below: decorators }));
                return moduleOf({ ...parts, providers: [...(parts.providers ?? []), provider] }, 'Feature');
              })(),
            ],
          }),
      });
    }
  }
}
for (const kindName of [
  'controller',
  'query',
  'ws gateway',
  'message pattern',
  'hybrid message pattern, inheritAppConfig',
]) {
  const kind = kinds[kindName];
  add(`AccessTokenGuard by a request-scoped APP_GUARD, ${kindName}`, {
    adapters: kind.adapters.slice(0, 1),
    needs: 'token',
    application: (secret) =>
      application(kind, mounted(kind, classOf(kind, secret)), {
        providers: [{ provide: APP_GUARD, scope: Scope.REQUEST, useClass: AccessTokenGuard }],
      }),
  });
}

@Injectable()
class CarelessGuard {
  constructor(tokens: AccessTokenGuard) {
    this.tokens = tokens;
  }

  /** A promise of a refusal is neither `false` nor an error to it. */
  canActivate(context) {
    return Boolean(this.tokens.canActivate(context));
  }
}
for (const kindName of ['controller', 'request-scoped controller', 'query', 'field', 'ws gateway', 'message pattern']) {
  const kind = kinds[kindName];
  add(`a guard that holds AccessTokenGuard and does not wait for it, ${kindName}`, {
    adapters: kind.adapters,
    good: 'served',
    needs: 'token',
    application: (secret) =>
      application(kind, mounted(kind, classOf(kind, secret, { below: [UseGuards(CarelessGuard)] }))),
  });
}
for (const scope of ['REQUEST', 'TRANSIENT']) {
  for (const kindName of ['controller', 'query', 'field', 'message pattern', 'ws gateway', 'hybrid message pattern']) {
    const kind = kinds[kindName];
    const scoped =
      kind.at === 'controllers'
        ? { ...kind, cls: () => [Controller({ scope: Scope[scope] })] }
        : { ...kind, cls: () => [...kind.cls(), Injectable({ scope: Scope[scope] })] };
    const on = { below: [phr()] };
    add(`scope ${scope}: ${kindName}`, {
      adapters: kind.adapters.slice(0, 1),
      application: (secret) => application(scoped, mounted(scoped, classOf(scoped, secret, on))),
    });
    add(`scope ${scope}: ${kindName}, method replaced by a bare wrapper after the boot`, {
      adapters: kind.adapters.slice(0, 1),
      application(secret) {
        const C = classOf(scoped, secret, on);
        const replace = () => {
          const original = C.prototype.secret;
          C.prototype.secret = function (...parameters) {
            return original.apply(this, parameters);
          };
        };
        return application(scoped, mounted(scoped, C), { booted: replace });
      },
    });
  }
}

rule = 'One table lists every kind of handler and every second trigger';

add('sibling: __resolveType of a union, marked', {
  application(secret) {
    class Types {
      resolveType() {
        secret();
        return 'Account';
      }
    }
    decorate(Types, 'resolveType', [ResolveField('__resolveType'), phr()]);
    Resolver('Thing')(Types);
    const typeDefs = 'type Account { id: ID } union Thing = Account type Query { thing: Thing }';
    return {
      providers: [Types],
      imports: [apollo({ typeDefs, resolvers: { Query: { thing: () => ({ id: '1' }) } } })],
      call: (at) => graphql(at, '{ thing { __typename } }'),
    };
  },
});
add('sibling: a subscription with filter and resolve of its own', {
  good: 'served',
  application: (secret) => {
    const kind = {
      ...kinds.subscription,
      method: () => [
        Subscription('secret', {
          filter: () => {
            secret();
            return true;
          },
          resolve: ({ secret: told }) => told,
        }),
      ],
    };
    return application(kind, mounted(kind, classOf(kind, secret, { below: [phr()] })));
  },
});
add('sibling: an event with an open and a marked handler', {
  adapters: ['tcp'],
  application(secret) {
    const kind = kinds['event pattern'];
    const Open = classOf(kind, () => 'open', { name: 'Open' });
    return application(kind, mounted(kind, Open, classOf(kind, secret, { below: [phr()] })));
  },
});
add('sibling: two gateways take one message, one of them marked', {
  application(secret) {
    const kind = kinds['ws gateway'];
    const Open = classOf({ ...kind, body: () => ({ event: 'open', data: '' }) }, secret, { name: 'Open' });
    return application(kind, mounted(kind, Open, classOf(kind, secret, { below: [phr()] })), {
      call: ({ port, token }) =>
        conversation(port, {}, (socket, text) => {
          if (text === undefined) socket.send(JSON.stringify({ event: 'secret', data: { token } }));
          return text?.includes('exception') || text?.includes('"secret"');
        }),
    });
  },
});
add('sibling: GraphQL over GET, aliases, several operations', {
  good: 'served',
  application: (secret) =>
    application(kinds.query, mounted(kinds.query, classOf(kinds.query, secret, { below: [phr()] })), {
      async call(at) {
        const queries = [
          '{ secret }',
          '{ a: secret b: secret }',
          'query { ...F } fragment F on Query { secret }',
          '{ other secret @skip(if: false) }',
        ];
        const answers = [];
        for (const query of queries) answers.push(await graphql(at, query));
        answers.push(
          await http(at, {
            path: `/graphql?query=${encodeURIComponent('{ secret }')}`,
            headers: { 'apollo-require-preflight': '1' },
          }),
        );
        return answers;
      },
    }),
});

rule = '`null` and wrong types are no "no limit"';

let reads = 0;
const wrong = {
  'maxAge null': { maxAge: null },
  'maxAge null beside a word': { acrValues: ['pwd'], maxAge: null },
  'acrValues null': { acrValues: null, maxAge: 300 },
  'acrValues empty': { acrValues: [] },
  'maxAge NaN': { maxAge: Number.NaN },
  'maxAge Infinity': { maxAge: Number.POSITIVE_INFINITY },
  'maxAge in words': { maxAge: '300' },
  'maxAge negative': { maxAge: -1 },
  'nothing in it': {},
  'an unknown key': { acrValue: ['phr'] },
  'a word nobody knows': { acrValues: ['phrr'] },
  'scope null': { acrValues: ['pwd'], scope: null },
  'a list': ['phr'],
  'a word alone': 'phr',
  false: false,
  null: null,
  'an accessor that changes its mind': {
    get acrValues() {
      reads += 1;
      return reads % 2 === 0 ? ['pwd'] : ['phr'];
    },
  },
};
for (const [what, value] of Object.entries(wrong)) {
  const isAccessor = what.startsWith('an accessor');
  for (const [place, make] of Object.entries({
    'a function on the method': (secret) => ({
      controllers: [classOf(kinds.controller, secret, { below: [RequireAcr(() => value)] })],
    }),
    'a function of the module': (secret) => ({
      controllers: [classOf(kinds.controller, secret)],
      options: { requirements: () => value },
    }),
    'StepUpService.require in the handler': (secret) => {
      class Transfers {
        constructor(private readonly stepUp: StepUpService) {}
        async transfer(at) {
          await this.stepUp.require(at, value);
          return secret();
        }
      }
      Reflect.defineMetadata('design:paramtypes', [StepUpService], Transfers);
      StepUpContext()(Transfers.prototype, 'transfer', 0);
      decorate(Transfers, 'transfer', [Get(), SkipStepUp()]);
      return { controllers: [decorateClass(Transfers, [Controller()])] };
    },
  })) {
    const isRight = place.startsWith('StepUpService') && (what === 'a list' || what === 'a word alone');
    add(`${place}: ${what}`, {
      needs: isRight || isAccessor ? 'step-up' : 'refusal',
      application(secret) {
        reads = 0;
        return { ...make(secret), call: (at) => http(at) };
      },
    });
  }
}

rule = 'A word of any server is a word at all of them';

const otherServer = {
  issuer: 'https://other.example',
  audience: 'https://api.example',
  jwksUri: 'https://other.example/jwks',
};
for (const [what, acr, mine, required] of [
  [
    'a word of the other is a string of ours',
    { 'urn:example:pwd': 'urn:other:phr' },
    { pwd: 'urn:example:pwd' },
    'urn:example:pwd',
  ],
  [
    'a word of both, a string of ours under another word',
    { phr: 'urn:other:phr' },
    { weak: 'phr', phr: 'urn:example:phr' },
    'phr',
  ],
]) {
  add(what, {
    needs: 'the boot to stop',
    application: (secret, { server }) => ({
      controllers: [classOf(kinds.controller, secret, { below: [RequireAcr(required)] })],
      options: {
        authorizationServers: [
          { ...server, acr: mine },
          { ...otherServer, acr },
        ],
      },
      call: (at) => http(at),
    }),
  });
}

export function siblingRows() {
  return rows;
}
