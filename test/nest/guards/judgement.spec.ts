import { Decisions } from '../../../lib/nest/advice/decisions.js';
import { StepUpLog } from '../../../lib/nest/advice/log.js';
import { PublishedMetadata } from '../../../lib/nest/advice/published-metadata.js';
import { Judgement } from '../../../lib/nest/guards/judgement.js';
import { TranslatedRequirements } from '../../../lib/nest/requirements/translated-requirements.js';
import { Vocabularies } from '../../../lib/nest/requirements/vocabularies.js';
import { checkOptions } from '../../../lib/nest/step-up-settings.js';

const audience = 'https://api.example';
const settings = checkOptions({
  authorizationServers: [
    { issuer: 'https://one.example', audience, acr: { mfa: 'urn:mfa' } },
    { issuer: 'https://two.example', audience, acr: { phr: 'urn:phr' } },
  ],
});
const log = new StepUpLog();
const judgement = new Judgement(settings, log, new Decisions(log), new PublishedMetadata());
const required = new TranslatedRequirements({ acrValues: ['mfa'] }, new Vocabularies(settings.servers));

/** An authentication by an authorization server. */
const by = (issuer: string | undefined, acr: string) => ({
  user: {},
  event: { subject: 'alice', acr, ...(issuer !== undefined && { issuer }) },
  claims: {},
});

describe('a word that one authorization server knows', () => {
  it('is met by the string of that server', () => {
    const authenticated = by('https://one.example', 'urn:mfa');
    expect(judgement.assess(authenticated, required)).toEqual({ met: true });
    expect(judgement.enforce(authenticated, required, {})).toBe(undefined);
  });

  it.each<[whose: string, issuer: string | undefined]>([
    ['of another server', 'https://two.example'],
    ['of a server that is not configured', 'https://three.example'],
    ['of nobody knows which server', undefined],
  ])('is met by no token %s, whatever its acr', (_, issuer) => {
    for (const acr of ['urn:mfa', 'urn:phr', 'mfa']) {
      expect(judgement.assess(by(issuer, acr), required)).toEqual({ met: false, reasons: ['acr_unmet'] });
      expect(judgement.enforce(by(issuer, acr), required, {})).toMatchObject({
        message: 'The authorization server of this token offers no sufficient authentication',
      });
    }
  });
});

describe('a delegate', () => {
  const accepting = checkOptions({
    authorizationServers: [
      { issuer: 'https://one.example', audience, delegation: 'accept' },
      { issuer: 'https://two.example', audience },
    ],
  });
  const judgement = new Judgement(accepting, log, new Decisions(log), new PublishedMetadata());
  const required = new TranslatedRequirements({ maxAge: 300 }, new Vocabularies(accepting.servers));
  const now = 1_700_000_000;
  const delegated = (issuer: string | undefined) => ({
    user: {},
    event: { subject: 'alice', authTime: now, ...(issuer !== undefined && { issuer }) },
    claims: { act: { sub: 'support' } },
  });

  it('is judged as the user if the configured server of the event accepts delegates', () => {
    expect(judgement.assess(delegated('https://one.example'), required, now)).toEqual({ met: true });
    expect(judgement.enforce(delegated('https://one.example'), required, {}, now)).toBe(undefined);
  });

  it.each<[issuer: string | undefined]>([['https://two.example'], ['https://three.example'], [undefined]])(
    'meets nothing by any other server: %s',
    (issuer) => {
      expect(judgement.assess(delegated(issuer), required, now)).toEqual({ met: false, reasons: [] });
      expect(judgement.enforce(delegated(issuer), required, {}, now)).toMatchObject({ rule: 'delegate_refused' });
    },
  );
});
