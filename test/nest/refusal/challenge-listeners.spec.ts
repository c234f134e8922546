import { StepUpLog } from '../../../lib/nest/advice/log.js';
import { Challenger } from '../../../lib/nest/refusal/challenger.js';
import { InsufficientUserAuthenticationException } from '../../../lib/nest/refusal/insufficient-user-authentication.exception.js';
import { checkOptions } from '../../../lib/nest/step-up.options.js';
import { captureLog } from '../../support/application.js';

describe.each(['enforce', 'report'] as const)('a listener that throws, mode %s', (mode) => {
  const shortfall = {
    route: 'Bank.transfer',
    event: { issuer: 'https://as.example' },
    claims: {},
    requirements: { acrValues: ['mfa'] },
    reasons: ['acr_missing'],
  } as const;

  it('changes nothing about the answer, nor keeps other listeners from hearing', async () => {
    const log = captureLog();
    const challenges = new Challenger(checkOptions({ passport: 'existing', mode }), new StepUpLog());
    const heard = jest.fn();
    challenges.onChallenged(async () => {
      throw new Error('the database is down');
    });
    challenges.onChallenged(() => {
      throw new Error('metrics are down');
    });
    challenges.onChallenged(heard);

    const refuse = () => challenges.refuse(shortfall);
    if (mode === 'report') expect(refuse).not.toThrow();
    else expect(refuse).toThrow(InsufficientUserAuthenticationException);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(heard.mock.calls[0]).toEqual([expect.objectContaining({ reported: mode === 'report' })]);
    expect(log.lines).toContain('[listener_failed] onChallenged: metrics are down');
    await Promise.resolve();
    await Promise.resolve();
    expect(log.lines).toContain('[listener_failed] onChallenged: the database is down');
    log.restore();
  });
});
