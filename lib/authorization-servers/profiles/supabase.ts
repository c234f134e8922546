import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Supabase Auth, which has its own levels and no request for one. */
export const supabase = Object.freeze<AuthorizationServerProfile>({
  title: 'Supabase Auth',
  source: [
    'https://supabase.com/docs/guides/auth/jwt-fields',
    'https://supabase.com/docs/guides/auth/jwts',
    'https://supabase.com/docs/guides/auth/auth-hooks/custom-access-token-hook',
    'https://supabase.com/docs/guides/auth/auth-anonymous',
    'https://supabase.com/docs/guides/auth/oauth-server/token-security',
  ],
  checkedOn: '2026-11-25',
  typ: ['JWT'],
  accessTokenClaims: { session_id: true, role: 'authenticated' },
  otherTokenClaims: ['nonce', 'at_hash', 'client_id'],
  claims: { acr: 'aal' },
  absentClaims: ['client_id', 'jti'],
  acrValues: ['aal1', 'aal2'],
  issues: { acr: 'by-default', authTime: 'never' },
  steps: [
    'Switch the project to asymmetric JWT signing keys: tokens signed with the shared secret are refused.',
    'Enable multi-factor authentication for the project.',
    'Set `audience` to `authenticated`, which is what user tokens name.',
  ],
  notes: [
    'Supabase does not support `acr_values`.',
    'There is no `auth_time`, so that `maxAge` can never be met: do not require `maxAge` of these tokens.',
    'Anonymous users have `aal1` as well, in tokens with `is_anonymous`: a word that means `aal1` requires no sign-in.',
    'If the OAuth server of the project is enabled, tokens of other applications name the same audience, and no scope limits them. They carry `client_id`, and are refused for it; to accept them, leave it out of `otherTokenClaims` of the profile.',
    'A custom access token hook can write `role` and `aal`: never from `user_metadata`, which users edit themselves.',
    'Every project has the audience `authenticated`, so that only the issuer distinguishes projects.',
  ],
});
