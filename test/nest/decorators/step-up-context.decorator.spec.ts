import { Controller, type ExecutionContext, Get } from '@nestjs/common';
import { Public, StepUpContext } from 'nestjs-step-up';
import { describeOverHttp } from '../../support/describe-over-http.js';

describeOverHttp('@StepUpContext()', ({ serve }) => {
  it('a handler receives the execution context of its own request', async () => {
    @Controller()
    class ContextController {
      @Get()
      @Public()
      handle(@StepUpContext() at: ExecutionContext) {
        const { headers } = at.switchToHttp().getRequest();
        return { class: at.getClass().name, handler: at.getHandler().name, given: headers['x-request'] };
      }
    }
    const send = await serve(ContextController);
    for (const given of ['first', 'second']) {
      const { body } = await send({ headers: { 'x-request': given } });
      expect(body).toEqual({ class: 'ContextController', handler: 'handle', given });
    }
  });
});
