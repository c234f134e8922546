import { Public, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import { Routes } from '../../../lib/nest/requirements/route.js';
import { Vocabularies } from '../../../lib/nest/requirements/vocabularies.js';

const routes = new Routes({ scope: 'bank' }, new Vocabularies([]));

describe('a requirement below a class that lifts one', () => {
  it('adds to what was required before, if that class is public', () => {
    @RequireAcr('mfa')
    class BaseController {}
    @Public()
    class RatesController extends BaseController {
      @RequireAcr({ maxAge: 60 })
      change() {}
    }
    expect(routes.of(RatesController, RatesController.prototype.change).description).toEqual({
      name: 'RatesController.change',
      access: 'required',
      dynamic: false,
      requirements: { acrValues: ['mfa'], maxAge: 60, scope: 'bank' },
    });
  });

  it('stands alone, if that class skips', () => {
    @RequireAcr('mfa')
    class BaseController {}
    @SkipStepUp()
    class RatesController extends BaseController {
      @RequireAcr({ maxAge: 60 })
      change() {}
    }
    expect(routes.of(RatesController, RatesController.prototype.change).description).toEqual({
      name: 'RatesController.change',
      access: 'required',
      dynamic: false,
      requirements: { maxAge: 60 },
    });
  });
});
