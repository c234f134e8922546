// @ts-nocheck: see ../harness/types.ts
// Proven, not declared: kinds of handlers × how they are decorated.
import { Injectable, SetMetadata, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessTokenGuard, AcrGuard, Public, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import { application, classOf, decorateClass, inTurns, isBrief, kinds, mounted } from '../harness/kinds';
import { byStrategy } from '../harness/users';

const RULE = 'Proven, not declared: how a handler is decorated';

@Injectable()
class AllowGuard {
  canActivate() {
    return true;
  }
}

const phr = () => RequireAcr('phr');
const demand = () => ({ acrValues: ['phr'] });
const noGuards = SetMetadata('__guards__', []);
const based = (...decorators) => ({ Base: decorateClass(class Base {}, decorators) });
const globalGuard = (provider) => ({ parts: { providers: [{ provide: APP_GUARD, ...provider }] } });

/** `on` goes to the class; `parts` to the application. A row with neither `needs` nor `good` needs a step-up and works. */
const decorations = {
  'on the method, above its native decorators': { on: { above: [phr()] } },
  'on the class': { on: { cls: [phr()] } },
  'on a base class': { on: based(phr()) },
  'on the class weaker than on the method': { on: { cls: [RequireAcr('pwd')], below: [phr()] } },
  'by the module': { parts: { options: { requirements: demand() } }, good: 'elsewhere free' },
  'by a function of the module': { parts: { options: { requirements: demand } }, good: 'elsewhere free' },
  'a function on the method': { on: { below: [RequireAcr(demand)] } },
  'an async function on the class': { on: { cls: [RequireAcr(async () => demand())] } },
  'a function that adds nothing': { on: { below: [RequireAcr(() => undefined)] }, needs: 'token' },
  'a function that adds nothing, on the class': { on: { cls: [RequireAcr(() => undefined)] }, needs: 'token' },
  'a function that gives null': { on: { below: [RequireAcr(() => null)] }, good: 'free' },
  'a function that throws': { on: { below: [RequireAcr(() => JSON.parse('{'))] }, good: 'free' },
  '@SkipStepUp on the method': { on: { below: [SkipStepUp()] }, needs: 'token' },
  '@SkipStepUp on the class': { on: { cls: [SkipStepUp()] }, needs: 'token' },
  '@SkipStepUp under a class that requires': { on: { cls: [phr()], below: [SkipStepUp()] }, needs: 'token' },
  'AT-12 @SkipStepUp under a @Public() class': { on: { cls: [Public()], below: [SkipStepUp()] }, needs: 'token' },
  'AT-12 sibling: @SkipStepUp on a class that extends a @Public() one': {
    on: { ...based(Public()), cls: [SkipStepUp()] },
    needs: 'token',
  },
  'AT-12 sibling: @SkipStepUp under @Public() under @RequireAcr, three classes': {
    on: { Base: decorateClass(class Middle extends based(phr()).Base {}, [Public()]), below: [SkipStepUp()] },
    needs: 'token',
  },
  'AT-12 sibling: @SkipStepUp under a @Public() class, module with requirements': {
    on: { cls: [Public()], below: [SkipStepUp()] },
    parts: { options: { requirements: demand() } },
    needs: 'token',
  },
  'AT-12 sibling: @SkipStepUp under a @Public() class, isPublic says yes': {
    on: { cls: [Public()], below: [SkipStepUp()] },
    parts: { options: { isPublic: () => true } },
    needs: 'token',
  },
  '@RequireAcr under a @Public() class': { on: { cls: [Public()], below: [phr()] } },
  '@RequireAcr where isPublic says yes': { on: { below: [phr()] }, parts: { options: { isPublic: () => true } } },
  '@Public() under a class that requires': { on: { cls: [phr()], below: [Public()] }, needs: 'nothing' },
  '@Public() under AccessTokenGuard': {
    on: { below: [Public()] },
    ...globalGuard({ useClass: AccessTokenGuard }),
    needs: 'nothing',
  },
  'AccessTokenGuard by @UseGuards on the method': { on: { below: [UseGuards(AccessTokenGuard)] }, needs: 'token' },
  'AccessTokenGuard by @UseGuards on the class': { on: { cls: [UseGuards(AccessTokenGuard)] }, needs: 'token' },
  'AccessTokenGuard by @UseGuards on a base class': { on: based(UseGuards(AccessTokenGuard)), needs: 'token' },
  'AccessTokenGuard by APP_GUARD useClass': {
    ...globalGuard({ useClass: AccessTokenGuard }),
    needs: 'token',
    good: 'elsewhere free',
  },
  'AccessTokenGuard by APP_GUARD useExisting': {
    ...globalGuard({ useExisting: AccessTokenGuard }),
    needs: 'token',
    good: 'elsewhere free',
  },
  'AccessTokenGuard by APP_GUARD of a factory': {
    ...globalGuard({ useFactory: (guard) => guard, inject: [AccessTokenGuard] }),
    needs: 'token',
    good: 'elsewhere free',
  },
  'AccessTokenGuard by useGlobalGuards': {
    parts: { configure: (app) => app.useGlobalGuards(app.get(AccessTokenGuard)) },
    needs: 'token',
    good: 'elsewhere free',
  },
  'AccessTokenGuard extended, by APP_GUARD': {
    ...globalGuard({ useClass: decorateClass(class TokenGuard extends AccessTokenGuard {}, [Injectable()]) }),
    needs: 'token',
    good: 'elsewhere free',
  },
  'AcrGuard by APP_GUARD beside @RequireAcr': { on: { below: [phr()] }, ...globalGuard({ useClass: AcrGuard }) },
  'guards taken away above it': { on: { above: [noGuards, phr()] }, good: 'free' },
  'guards taken away above it, on the class': { on: { cls: [noGuards, phr()] }, good: 'free' },
  'guards taken away above it, AcrGuard by APP_GUARD': {
    on: { above: [noGuards, phr()] },
    ...globalGuard({ useClass: AcrGuard }),
    good: 'free',
  },
  'guards taken away above it, requirements by the module as well': {
    on: { above: [noGuards, phr()] },
    parts: { options: { requirements: demand() } },
    good: 'free',
  },
  'guards taken away on a base class': { on: { ...based(noGuards, phr()) }, good: 'free' },
  'guards of the class taken away in a derived one': { on: { ...based(phr()), cls: [noGuards] }, good: 'free' },
  'guards of the class replaced in a derived one by @UseGuards': {
    on: { ...based(phr()), cls: [UseGuards(AllowGuard)] },
    good: 'free',
  },
  'AccessTokenGuard of the class replaced in a derived one by @UseGuards': {
    on: { ...based(UseGuards(AccessTokenGuard)), cls: [UseGuards(AllowGuard)] },
    needs: 'token',
    good: 'free',
  },
  'guards exchanged for one that allows': {
    on: { above: [SetMetadata('__guards__', [AllowGuard]), phr()] },
    good: 'free',
  },
  'guards exchanged for an imitation of ours': {
    on: { above: [SetMetadata('__guards__', [imitation()]), phr()] },
    good: 'free',
  },
  'guards exchanged for an instance of ours without a service': {
    on: {
      above: [
        SetMetadata('__guards__', [Object.assign(Object.create(AcrGuard.prototype), { canActivate: () => true })]),
        phr(),
      ],
    },
    good: 'free',
  },
  'guards exchanged for a subclass that allows': {
    on: {
      above: [
        SetMetadata('__guards__', [
          decorateClass(
            class Lax extends AcrGuard {
              canActivate() {
                return true;
              }
            },
            [Injectable()],
          ),
        ]),
        phr(),
      ],
    },
    good: 'free',
  },
  'a guard that allows above': { on: { above: [UseGuards(AllowGuard), phr()] } },
  'a guard that allows below': { on: { below: [phr(), UseGuards(AllowGuard)] } },
  'marks taken away above it': { on: { above: [SetMetadata('nestjs-step-up:marks', []), phr()] }, good: 'free' },
  'report mode lets a weak token through, nobody not': {
    on: { below: [phr()] },
    parts: { options: { mode: 'report' } },
    needs: 'token',
  },
  'report mode, @SkipStepUp': { on: { below: [SkipStepUp()] }, parts: { options: { mode: 'report' } }, needs: 'token' },
  'report mode, AccessTokenGuard': {
    on: { below: [UseGuards(AccessTokenGuard)] },
    parts: { options: { mode: 'report' } },
    needs: 'token',
  },
  'existing strategy, on the method': { on: { below: [phr()] }, parts: own(), good: 'elsewhere free' },
  'existing strategy, on the class': { on: { cls: [phr()] }, parts: own(), good: 'elsewhere free' },
  'existing strategy, @SkipStepUp': {
    on: { below: [SkipStepUp()] },
    parts: own(),
    needs: 'token',
    good: 'elsewhere free',
  },
  'existing strategy, AccessTokenGuard': {
    on: { below: [UseGuards(AccessTokenGuard)] },
    parts: own(),
    needs: 'token',
    good: 'elsewhere free',
  },
  'existing strategy, a function that adds nothing': {
    on: { below: [RequireAcr(() => undefined)] },
    parts: own(),
    needs: 'token',
    good: 'elsewhere free',
  },
  'existing strategy, report mode': {
    on: { below: [phr()] },
    parts: own({ mode: 'report' }),
    needs: 'token',
    good: 'elsewhere free',
  },
};

/** Words as the servers of the harness have them: with 'existing' there are none. */
function own(options = {}) {
  return (environment) => byStrategy({ authorizationServers: [environment.server], ...options });
}

function imitation() {
  return decorateClass(
    {
      AcrGuard: class {
        canActivate() {
          return true;
        }
      },
    }.AcrGuard,
    [Injectable()],
  );
}

export function decoratedRows() {
  return Object.entries(kinds).flatMap(([kindName, kind]) => {
    const isElsewhere = kind.isSocket || kind.isRpc || kindName === 'subscription';
    return Object.entries(decorations)
      .filter(([how]) => !kind.brief || isBrief(how))
      .map(([how, { on, parts = {}, needs = 'step-up', good = 'served' }], index) => ({
        rule: RULE,
        name: `${kindName}: ${how}`,
        adapters: kindName === 'controller' ? kind.adapters : inTurns(kind.adapters, index),
        needs,
        good: good === 'elsewhere free' ? (isElsewhere ? 'free' : 'served') : good,
        application: (secret, environment) =>
          application(
            kind,
            mounted(kind, classOf(kind, secret, on)),
            typeof parts === 'function' ? parts(environment) : parts,
          ),
      }));
  });
}
