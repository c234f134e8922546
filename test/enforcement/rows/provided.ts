// @ts-nocheck: see ../harness/types.ts
// Proven, not declared: kinds of handlers × how they are provided.
import { forwardRef, Injectable, Module, Scope } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { RequireAcr } from 'nestjs-step-up';
import { application, classOf, decorate, decorateClass, inTurns, isBrief, kinds, mounted } from '../harness/kinds';

const RULE = 'Proven, not declared: how a handler is provided';
const required = { below: [RequireAcr('phr')] };

/** A module made by hand. */
export function moduleOf(metadata, name = 'OtherModule') {
  return decorateClass({ [name]: class {} }[name], [Module(metadata)]);
}

/** For kinds that are providers. `good` is whether a good token has to be served. */
const providers = {
  'useClass under a token': (C) => ({ providers: [{ provide: 'token', useClass: C }] }),
  'useClass under another class': (C) => ({ providers: [{ provide: class Other {}, useClass: C }] }),
  'AT-1 useFactory under a token': (C) => ({ providers: [{ provide: 'token', useFactory: () => new C() }] }),
  'useFactory under its class': (C) => ({ providers: [{ provide: C, useFactory: () => new C() }] }),
  'async useFactory': (C) => ({ providers: [{ provide: 'token', useFactory: async () => new C() }] }),
  'request-scoped useFactory': (C) => ({
    providers: [{ provide: 'token', scope: Scope.REQUEST, useFactory: () => new C() }],
  }),
  'useValue under a token': (C) => ({ providers: [{ provide: 'token', useValue: new C() }] }),
  'useValue under its class': (C) => ({ providers: [{ provide: C, useValue: new C() }] }),
  'useExisting beside the class': (C) => ({ providers: [C, { provide: 'alias', useExisting: C }] }),
  'useExisting of another module': (C) => ({
    imports: [moduleOf({ providers: [C], exports: [C] })],
    providers: [{ provide: 'alias', useExisting: C }],
  }),
  'class in two modules': (C) => ({ imports: [moduleOf({ providers: [C] })], providers: [C] }),
  'useClass in a module, class in another': (C) => ({
    imports: [moduleOf({ providers: [{ provide: 'token', useClass: C }] })],
    providers: [C],
  }),
  'a factory that makes a proxy of the instance': (C) => ({
    providers: [{ provide: C, useFactory: () => new Proxy(new C(), {}) }],
  }),
  'a factory that makes a proxy with bound methods': (C) => ({
    providers: [{ provide: C, useFactory: () => new Proxy(new C(), { get: bound }) }],
  }),
  'an instance without prototype': (C) => ({
    providers: [{ provide: C, useFactory: () => Object.assign(Object.create(null), { secret: C.prototype.secret }) }],
  }),
  'an instance that inherits from an instance': (C) => ({
    providers: [{ provide: C, useFactory: () => Object.create(new C()) }],
  }),
  'an instance that denies its constructor': (C) => ({
    providers: [{ provide: 'token', useFactory: () => Object.assign(new C(), { constructor: class Innocent {} }) }],
  }),
  'a subclass made by a factory': (C) => ({
    providers: [{ provide: C, useFactory: () => new (class extends C {})() }],
  }),
  'a factory beside a plain class with the same guard': (C, _kind, _secret) => ({
    providers: [{ provide: 'token', useFactory: () => new C() }, Beside],
  }),
};

@Injectable()
class Beside {}

/** For all kinds. */
const classes = {
  class: (C, kind) => mounted(kind, C),
  'class, in a module of its own': (C, kind) => ({ imports: [moduleOf(mounted(kind, C))] }),
  'module listed twice': (C, kind) => {
    const Twice = moduleOf(mounted(kind, C));
    return { imports: [Twice, moduleOf({ imports: [Twice] }, 'Between'), Twice] };
  },
  'circular modules': (C, kind) => {
    const Second = moduleOf({ ...mounted(kind, C), imports: [forwardRef(() => First)] }, 'Second');
    const First = moduleOf({ imports: [forwardRef(() => Second)] }, 'First');
    return { imports: [First] };
  },
  'dynamic module': (C, kind) => ({ imports: [{ module: class Dynamic {}, ...mounted(kind, C) }] }),
  'inherited by a derived class': (C, kind) => mounted(kind, decorateClass(class Derived extends C {}, kind.cls())),
  'two classes of one name': (C, kind, _secret) => ({
    ...mounted(kind, C),
    imports: [
      moduleOf(
        mounted(
          kind,
          classOf({ ...kind, method: () => [] }, () => 'nothing', { name: C.name, body: undefined }),
        ),
      ),
    ],
  }),
  'mixin: descriptors copied to another class': (C, kind) => {
    class Copy {}
    Object.defineProperty(Copy.prototype, 'secret', Object.getOwnPropertyDescriptor(C.prototype, 'secret'));
    return mounted(kind, decorateClass(Copy, kind.cls()));
  },
};

/** Holes unless something is done: a good token may be refused, and the boot may stop. */
const odd = {
  'proxied class': (C, kind) => mounted(kind, new Proxy(C, {})),
  'proxied class that makes proxies': (C, kind) =>
    mounted(
      kind,
      new Proxy(C, { construct: (T, parameters) => new Proxy(Reflect.construct(T, parameters), { get: bound }) }),
    ),
  'loaded lazily': (C, kind) => {
    const Lazy = moduleOf(mounted(kind, C));
    return { booted: (app) => app.get(LazyModuleLoader).load(() => Lazy) };
  },
  'loaded lazily by a provider before the router': (C, kind) => {
    const Lazy = moduleOf(mounted(kind, C));
    return { providers: [hooked('onModuleInit', (loader) => loader.load(() => Lazy), [LazyModuleLoader])] };
  },
  'bound in the constructor': (C, kind) =>
    mounted(
      kind,
      decorateClass(
        class Bound extends C {
          constructor() {
            super();
            this.secret = this.secret.bind(this);
          }
        },
        kind.cls(),
      ),
    ),
  'a wrapper in a field': (C, kind) =>
    mounted(
      kind,
      decorateClass(
        class Field extends C {
          secret = (...parameters) => C.prototype.secret.apply(this, parameters);
        },
        kind.cls(),
      ),
    ),
  'an accessor instead of the method': (C, kind) => {
    const original = C.prototype.secret;
    Object.defineProperty(C.prototype, 'secret', {
      configurable: true,
      get() {
        return (...parameters) => original.apply(this, parameters);
      },
    });
    return mounted(kind, C);
  },
  'overridden, with native decorators alone': (C, kind, secret) =>
    mounted(kind, classOf(kind, secret, { Base: C, name: 'Override' })),
  'overridden two classes further down': (C, kind, secret) =>
    mounted(kind, classOf(kind, secret, { Base: class Middle extends C {}, name: 'Override' })),
  'an own method that an instance gets in onModuleInit': (C, kind) =>
    mounted(
      kind,
      decorateClass(
        class Own extends C {
          onModuleInit() {
            this.secret = wrapper(C.prototype.secret, 'native');
          }
        },
        kind.cls(),
      ),
    ),
  'an own method that an instance gets after the boot': (C, kind) => ({
    ...mounted(kind, C),
    booted: (app) => {
      try {
        const instance = app.get(C, { strict: false });
        instance.secret = wrapper(C.prototype.secret, 'native');
      } catch {
        // scoped: there is none
      }
    },
  }),
  'prototype exchanged after the boot': (C, kind) => ({
    ...mounted(kind, C),
    booted: (app) => {
      try {
        Object.setPrototypeOf(app.get(C, { strict: false }), { secret: wrapper(C.prototype.secret, 'native') });
      } catch {
        // scoped: there is none
      }
    },
  }),
};

// the number stands in a literal, where test/numbers.spec.ts finds it
const AT_3 = 'AT-3 ';
const MOMENTS = ['constructor', 'onModuleInit', 'onApplicationBootstrap', 'after the boot'];
const WRAPPERS = {
  bare: 'a bare wrapper',
  native: "a wrapper with Nest's metadata alone",
  prototype: 'a wrapper that inherits from the original',
};
const PLACES = ['in the root module', 'in a module before', 'in a module below'];

for (const moment of MOMENTS) {
  for (const [style, what] of Object.entries(WRAPPERS)) {
    for (const place of PLACES) {
      if (place !== PLACES[0] && !(moment.startsWith('on') && style !== 'prototype')) continue;
      odd[`${AT_3}method replaced by ${what}, ${moment}, ${place}`] = (C, kind) => {
        const replace = () => {
          C.prototype.secret = wrapper(C.prototype.secret, style);
        };
        if (moment === 'after the boot') return { ...mounted(kind, C), booted: replace };
        const Tracing = hooked(moment, replace);
        if (place === PLACES[0])
          return { ...mounted(kind, C), providers: [Tracing, ...(mounted(kind, C).providers ?? [])] };
        const Before = moduleOf({ providers: [Tracing] }, 'TracingModule');
        return place === PLACES[1]
          ? { ...mounted(kind, C), imports: [Before] }
          : {
              ...mounted(kind, C),
              imports: [moduleOf({ imports: [moduleOf({ imports: [Before] }, 'Middle')] }, 'Upper')],
            };
      };
    }
  }
}

/** The decorator comes late: the class has only its native ones. */
const late = Object.fromEntries(
  MOMENTS.map((moment) => [
    `decorated late by hand, ${moment}`,
    (C, kind) => {
      const decorateLate = () => decorate(C, 'secret', [RequireAcr('phr')]);
      if (moment === 'after the boot') return { ...mounted(kind, C), booted: decorateLate };
      const Late = hooked(moment, decorateLate);
      return { ...mounted(kind, C), providers: [Late, ...(mounted(kind, C).providers ?? [])] };
    },
  ]),
);

/** A provider that does something at a moment of the boot. */
function hooked(moment, act, inject = []) {
  class Hooked {
    constructor(...dependencies) {
      this.dependencies = dependencies;
      if (moment === 'constructor') act(...dependencies);
    }
  }
  if (moment !== 'constructor')
    Hooked.prototype[moment] = function () {
      return act(...this.dependencies);
    };
  return { provide: `hooked ${Math.random()}`, useFactory: (...dependencies) => new Hooked(...dependencies), inject };
}

/** What tracing, spies and aspects put in the place of a method. */
function wrapper(original, style) {
  const made = function secret(...parameters) {
    return original.apply(this, parameters);
  };
  if (style === 'prototype') return Object.setPrototypeOf(made, original);
  if (style === 'native') {
    for (const key of Reflect.getMetadataKeys(original)) {
      const isOurs =
        typeof key === 'string' &&
        (key.startsWith('nestjs-step-up') || ['__guards__', '__exceptionFilters__'].includes(key));
      if (!isOurs) Reflect.defineMetadata(key, Reflect.getMetadata(key, original), made);
    }
  }
  return made;
}

function bound(target, key) {
  const value = Reflect.get(target, key);
  return typeof value === 'function' && key !== 'constructor'
    ? (...parameters) => value.apply(target, parameters)
    : value;
}

export function providedRows() {
  const rows = [];
  const add = (kindName, how, make, good, decorators = required) => {
    const kind = kinds[kindName];
    if (kind.brief && !isBrief(how)) return;
    rows.push({
      rule: RULE,
      name: `${kindName}: ${how}`,
      adapters: kindName === 'controller' ? kind.adapters : inTurns(kind.adapters, rows.length),
      needs: 'step-up',
      good,
      application: (secret) => application(kind, make(classOf(kind, secret, decorators), kind, secret)),
    });
  };
  for (const [kindName, kind] of Object.entries(kinds)) {
    for (const [how, make] of Object.entries(classes))
      add(kindName, how, make, how === 'two classes of one name' ? 'free' : 'served');
    for (const [how, make] of Object.entries(odd)) add(kindName, how, make, 'free');
    for (const [how, make] of Object.entries(late)) add(kindName, how, make, 'free', {});
    if (kind.at !== 'providers') continue;
    for (const [how, make] of Object.entries(providers)) {
      add(kindName, how, make, how.startsWith('useExisting') || how === 'class in two modules' ? 'served' : 'free');
    }
  }
  return rows;
}
