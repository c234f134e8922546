import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AcrGuard, StepUpConfigurationError } from 'nestjs-step-up';
import { Admission } from '../../../lib/nest/guards/admission.js';
import { EnforcementGuard } from '../../../lib/nest/guards/enforcement.guard.js';
import { logOfEachTest } from '../../support/application.js';
import { bootedProvider } from '../../support/boot.js';

const log = logOfEachTest();

class PaymentsController {
  list() {}
}

const invocationOf = (controller: unknown) =>
  new ExecutionContextHost(
    [{ headers: {} }, {}],
    controller as typeof PaymentsController,
    PaymentsController.prototype.list,
  );

describe('the route of an invocation', () => {
  it('is known to nobody after a boot that was stopped, and the log says why it was', async () => {
    const admission = await bootedProvider(Admission, {});
    const context = invocationOf(PaymentsController);
    expect(await new EnforcementGuard(admission).canActivate(context)).toBe(true);
    admission.stop(new StepUpConfigurationError('no server knows "mfa"'));
    for (const guard of [new EnforcementGuard(admission), new AcrGuard(admission)]) {
      await expect((async () => guard.canActivate(context))()).rejects.toMatchObject({ status: 500 });
    }
    expect(log.join('\n')).toContain('The boot was stopped: no server knows "mfa"');
  });

  it.each([[null], [undefined], [{}]])('needs a class: %p is refused, and the log says so', async (controller) => {
    const guard = await bootedProvider(AcrGuard, {});
    await expect((async () => guard.canActivate(invocationOf(controller)))()).rejects.toMatchObject({ status: 500 });
    expect(log.join('\n')).toContain(
      'An object without a class has a handler; give it one, so that its decorators can be found',
    );
  });
});
