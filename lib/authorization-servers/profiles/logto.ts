import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Logto. */
export const logto = Object.freeze<AuthorizationServerProfile>({
  title: 'Logto',
  source: [
    'https://docs.logto.io/end-user-flows/step-up-authentication',
    'https://docs.logto.io/concepts/opaque-token',
    'https://github.com/logto-io/logto/tree/master/packages/integration-tests',
  ],
  checkedOn: '2026-11-24',
  acrValues: ['urn:logto:acr:1fa', 'urn:logto:acr:mfa'],
  issues: { acr: 'by-default', authTime: 'by-default' },
  idToken: { acr: 'by-default', authTime: 'by-default' },
  request: { zeroMaxAge: { max_age: '0' } },
  whenUnmet: 'error',
  onRefresh: 'keeps',
  steps: [
    'Register this API as an API resource, and let clients ask for it with `resource`: without it access tokens are opaque.',
    'Enable multi-factor authentication, so that users can reach `urn:logto:acr:mfa`.',
  ],
  notes: [
    'Check that your version issues acr: in the source that was read, step-up was still behind a switch for features in development.',
    'A sign-in by another identity provider has no `acr`.',
  ],
});
