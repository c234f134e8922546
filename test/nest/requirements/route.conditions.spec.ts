import { Public, RequireAcr, SkipStepUp, type StepUpRequirements } from 'nestjs-step-up';
import { Routes } from '../../../lib/nest/requirements/routes.js';
import { Vocabularies } from '../../../lib/nest/requirements/vocabularies.js';

const routes = new Routes({ scope: 'bank' }, new Vocabularies([]));

describe('a requirement below a class that lifts one', () => {
  it.each<[what: string, lift: ClassDecorator, requirements: StepUpRequirements]>([
    [
      'adds to what was required before if that class is public',
      Public(),
      { acrValues: ['mfa'], maxAge: 60, scope: 'bank' },
    ],
    ['stands alone if that class skips', SkipStepUp(), { maxAge: 60 }],
  ])('a requirement %s', (_, lift, requirements) => {
    @RequireAcr('mfa')
    class BaseController {}
    @lift
    class RatesController extends BaseController {
      @RequireAcr({ maxAge: 60 })
      change() {}
    }
    expect(routes.of(RatesController, RatesController.prototype.change).description).toEqual({
      name: 'RatesController.change',
      access: 'required',
      dynamic: false,
      requirements,
    });
  });
});
