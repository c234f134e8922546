import { Injectable, Logger } from '@nestjs/common';
import { type Advice, RequireAcr, StepUpService } from 'nestjs-step-up';
import { StepUpLog } from '../../../lib/nest/advice/log.js';
import { logOfEachTest } from '../../support/application.js';
import { bootedService } from '../../support/boot.js';
import { handler } from '../../support/handler.js';

const log = logOfEachTest();

describe('StepUpService.onAdvice', () => {
  const advice: Advice = { code: 'auth_time_missing', subject: 'https://as.example', message: 'none', fix: 'add it' };

  it('advice of the boot is told to listeners from the start, and to later ones', async () => {
    const early: Advice[] = [];
    @Injectable()
    class Monitoring {
      constructor(stepUp: StepUpService) {
        stepUp.onAdvice((heard) => early.push(heard));
      }
    }
    const service = await bootedService({
      controllers: [handler(RequireAcr({ maxAge: 10 }))],
      providers: [Monitoring],
    });
    const expected = {
      code: 'max_age_short',
      subject: 'HandlerController.handle',
      message: 'maxAge 10 may be over before the user is back',
      fix: 'give at least 30',
    };
    const late: Advice[] = [];
    service.onAdvice((heard) => late.push(heard));
    expect({ early, late }).toEqual({ early: [expected], late: [expected] });
    expect(service.routes()[0]?.advice).toEqual([expected]);
    expect(Object.isFrozen(late[0])).toBe(true);
  });

  it('advice is told once for each code and subject, until the listener is removed', () => {
    const stepUpLog = new StepUpLog();
    const heard = jest.fn();
    const off = stepUpLog.onAdvice(heard);
    stepUpLog.advise(advice);
    stepUpLog.advise({ ...advice, message: 'another' });
    stepUpLog.advise({ ...advice, subject: 'https://other.example' });
    off();
    stepUpLog.advise({ ...advice, code: 'acr_missing' });
    expect(heard.mock.calls).toEqual([[advice], [{ ...advice, subject: 'https://other.example' }]]);
  });

  it('a listener that fails, at once or later, does not keep the others from hearing', async () => {
    const stepUpLog = new StepUpLog();
    const heard = jest.fn();
    stepUpLog.onAdvice(() => {
      throw new Error('metrics are down');
    });
    stepUpLog.onAdvice(async () => {
      throw new Error('the database is down');
    });
    stepUpLog.onAdvice(heard);
    stepUpLog.advise(advice);
    await Promise.resolve();
    await Promise.resolve();
    expect(heard.mock.calls).toEqual([[advice]]);
    expect(log).toEqual([
      '[auth_time_missing] https://as.example: none; add it',
      '[listener_failed] onAdvice: metrics are down',
      '[listener_failed] onAdvice: the database is down',
    ]);
  });

  it('a failure of a listener writes no line of its own, and whatever it throws is told', async () => {
    const stepUpLog = new StepUpLog();
    stepUpLog.onAdvice(() => {
      throw new Error('502\n[StepUp] all is well \u001b[2J\u2028');
    });
    stepUpLog.onAdvice(async () => {
      throw Object.assign(new Error(), { message: Symbol('none') });
    });
    stepUpLog.onAdvice(() => {
      const trap = () => {
        throw new Error('trapped');
      };
      throw new Proxy(new Error(), { get: trap, getPrototypeOf: trap });
    });
    stepUpLog.advise(advice);
    await Promise.resolve();
    await Promise.resolve();
    expect(log.slice(1).sort()).toEqual([
      '[listener_failed] onAdvice: 502\\u000a[StepUp] all is well \\u001b[2J\\u2028',
      '[listener_failed] onAdvice: Symbol(none)',
      '[listener_failed] onAdvice: object',
    ]);
  });
});

describe('the log of faults', () => {
  it('has what is thrown once, whatever number of requests it fails', () => {
    const stepUpLog = new StepUpLog();
    for (let request = 0; request < 50; request += 1) {
      stepUpLog.thrown('callback_failed', 'user', new RangeError(`of request ${request}`));
      stepUpLog.listenerFailed('onDecision', new Error('metrics are down'));
      stepUpLog.fault('misconfigured', 'Bank.transfer: wrong');
    }
    expect(log).toEqual([
      '[callback_failed] user: RangeError',
      '[listener_failed] onDecision: metrics are down',
      '[misconfigured] Bank.transfer: wrong',
    ]);
  });

  it('is bounded for texts that differ, within an hour', () => {
    const stepUpLog = new StepUpLog();
    for (let request = 0; request < 500; request += 1) stepUpLog.fault('misconfigured', `word ${request}`);
    expect(log).toHaveLength(100);
  });

  it('has no line, no frame and no direction that a message brings along', () => {
    const traces: unknown[] = [];
    const error = jest
      .spyOn(Logger.prototype, 'error')
      .mockImplementation((...written) => void traces.push(written[1]));
    new StepUpLog().thrown('callback_failed', 'user', new Error('x\n    at [StepUp] forged\u202e'));
    error.mockRestore();
    const [first, ...frames] = String(traces[0]).split('\n');
    expect(first).toBe('Error: x\\u000a    at [StepUp] forged\\u202e');
    for (const frame of frames) expect(frame).not.toContain('forged');
  });
});
