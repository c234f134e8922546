import { ForbiddenException, InternalServerErrorException } from '@nestjs/common';
import { StepUpConfigurationError } from '../../../lib/core/index.js';
import { CallbackFailed } from '../../../lib/nest/advice/callback.js';
import { StepUpLog } from '../../../lib/nest/advice/log.js';
import { toHttpException } from '../../../lib/nest/guards/http-exception.js';
import { logOfEachTest } from '../../support/application.js';

const log = logOfEachTest();
const failure = new RangeError('no profile of alice');
const fault = new TypeError('undefined is not a function');
const callbackFailed = new CallbackFailed('user', failure);

describe('an error that is no refusal', () => {
  it.each<[what: string, error: unknown, route: string | undefined, cause: unknown, line: string]>([
    [
      'of the configuration',
      new StepUpConfigurationError('no "sub"'),
      'Bank.pay',
      undefined,
      '[misconfigured] Bank.pay: no "sub"',
    ],
    [
      'of the configuration, nobody knows where',
      new StepUpConfigurationError('no "sub"'),
      undefined,
      undefined,
      '[misconfigured] no "sub"',
    ],
    [
      'of a function of the application',
      callbackFailed,
      'Bank.pay',
      failure,
      '[callback_failed] user on Bank.pay: RangeError',
    ],
    [
      'of such a function, nobody knows where',
      callbackFailed,
      undefined,
      failure,
      '[callback_failed] user: RangeError',
    ],
    ['of a kind that nobody has foreseen', fault, 'Bank.pay', fault, '[admission_failed] Bank.pay: TypeError'],
    ['of such a kind, nobody knows where', fault, undefined, fault, '[admission_failed] a request: TypeError'],
  ])('%s is a bare 500, which the log explains, with the cause for filters', (_, error, route, cause, line) => {
    const thrown = toHttpException(error, route, new StepUpLog()) as InternalServerErrorException;
    expect(thrown).toEqual(new InternalServerErrorException());
    expect(thrown.getResponse()).toEqual({ statusCode: 500, message: 'Internal Server Error' });
    expect(thrown.cause).toBe(cause);
    expect(log).toEqual([line]);
  });

  it.each([new ForbiddenException(), new RangeError(), 'a text', undefined])(
    'of the application stays: %p',
    (error) => {
      expect(toHttpException(error, 'Bank.pay', new StepUpLog())).toBe(error);
      expect(log).toEqual([]);
    },
  );
});
