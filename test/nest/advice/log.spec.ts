import { Logger } from '@nestjs/common';
import type { Advice } from 'nestjs-step-up';
import { StepUpLog } from '../../../lib/nest/advice/log.js';

describe('a logger of the application that throws, as one does whose worker has ended', () => {
  const advice: Advice = { code: 'auth_time_missing', subject: 'https://as.example', message: 'none' };
  const failing = () => {
    throw new Error('the worker has exited');
  };

  it.each<[method: string, write: (log: StepUpLog) => void]>([
    ['advise', (log) => log.advise(advice)],
    ['adviseOn', (log) => log.adviseOn('acr_missing', 'https://as.example', () => advice, 'Error\n    at work')],
    ['info', (log) => log.info('routes', 'none')],
    ['error', (log) => log.error('unguarded', 'a handler')],
    ['fault', (log) => log.fault('misconfigured', 'an option')],
    ['thrown', (log) => log.thrown('callback_failed', 'user', new Error('no database'))],
    ['thrown, of no error', (log) => log.thrown('callback_failed', 'user', 'no database')],
    ['listenerFailed', (log) => log.listenerFailed('onAdvice', new Error('metrics are down'))],
  ])('changes no decision: %s', (_, write) => {
    const stepUpLog = new StepUpLog();
    const levels = (['log', 'warn', 'error'] as const).map((level) =>
      jest.spyOn(Logger.prototype, level).mockImplementation(failing),
    );
    try {
      expect(() => write(stepUpLog)).not.toThrow();
      expect(levels.flatMap(({ mock }) => mock.calls)).toHaveLength(1);
    } finally {
      for (const spy of levels) spy.mockRestore();
    }
  });

  it('keeps no listener from hearing', () => {
    const stepUpLog = new StepUpLog();
    const heard = jest.fn();
    stepUpLog.onAdvice(heard);
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(failing);
    try {
      stepUpLog.advise(advice);
      expect(heard.mock.calls).toEqual([[advice]]);
    } finally {
      warn.mockRestore();
    }
  });
});
