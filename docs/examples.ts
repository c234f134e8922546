import type { ProfileName, ServerOptions } from '../lib/authorization-servers/index.js';

/** How a server is connected, with made-up names in place of yours. */
export interface Example {
  readonly options: Omit<ServerOptions, 'profile'>;
  /** Members that replace those of the profile, for a server that needs names of your own. */
  readonly changes?: { readonly claims: Readonly<Record<string, string>> };
  /** What clients do if `authorizationParameters` has no part in it. */
  readonly client?: string;
  /** The parameter by which clients name this API, if access tokens are not for it otherwise. */
  readonly names?: 'audience' | 'resource';
  /** Code for the server itself: what it is and how far it was tried, and the files. */
  readonly code?: { readonly text: string; readonly files: readonly string[] };
}

const audience = 'https://api.example.com';

const auth0Actions = [
  `// the first Action asks for the second factor
const MFA = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

exports.onExecutePostLogin = async (event, api) => {
  if (event.transaction?.protocol === 'oauth2-refresh-token') return; // no user is there to ask
  if (event.transaction?.acr_values?.includes(MFA)) {
    api.authentication.challengeWithAny([{ type: 'otp' }, { type: 'webauthn-roaming' }]); // the factors you enabled
  }
};`,
  `// the second Action, behind it in the flow, says when that was
const MFA = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

exports.onExecutePostLogin = async (event, api) => {
  const methods = event.authentication?.methods ?? [];
  const mfa = methods.filter(({ name }) => name === 'mfa');
  const counted = mfa.length > 0 ? mfa : methods;
  if (counted.length === 0) return;
  const latest = Math.max(...counted.map(({ timestamp }) => Date.parse(timestamp)));
  if (mfa.length > 0) api.accessToken.setCustomClaim('https://api.example/acr', MFA);
  api.accessToken.setCustomClaim('https://api.example/auth_time', Math.floor(latest / 1000));
};`,
];

export const examples: Readonly<Record<ProfileName, Example>> = {
  keycloak: {
    options: {
      issuer: 'https://sso.example.com/realms/bank',
      audience,
      acr: { mfa: 'gold', pwd: 'silver' },
      order: ['mfa', 'pwd'],
    },
  },
  okta: {
    options: {
      issuer: 'https://example.okta.com/oauth2/default',
      audience: 'api://default',
      acr: { phr: ['phrh', 'phr'], mfa: 'urn:okta:loa:2fa:any' },
    },
  },
  auth0: {
    options: {
      issuer: 'https://example.eu.auth0.com/',
      audience,
      acr: { mfa: 'http://schemas.openid.net/pape/policies/2007/06/multi-factor' },
    },
    changes: { claims: { acr: 'https://api.example/acr', authTime: 'https://api.example/auth_time' } },
    names: 'audience',
    code: {
      text:
        "The two Actions, written from Auth0's reference, not tried on a tenant. Once a session has had a second " +
        'factor, `auth_time` is the time of that factor, and a new password alone does not renew it: give every route with ' +
        '`maxAge` an `acr` as well.',
      files: auth0Actions,
    },
  },
  entra: {
    options: {
      issuer: 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0',
      audience: '00001111-aaaa-2222-bbbb-3333cccc4444',
      acr: { mfa: 'c1', phr: 'c2' },
    },
    client:
      'MSAL declares the capability cp1, but reads no responses: `findStepUpChallenge` finds the challenge, and its `claims` go to `acquireTokenPopup({ scopes, claims })`.',
  },
  duende: {
    options: { issuer: 'https://login.example.com', audience, acr: { mfa: 'mfa' } },
  },
  logto: {
    options: {
      issuer: 'https://example.logto.app/oidc',
      audience,
      acr: { mfa: 'urn:logto:acr:mfa' },
    },
    names: 'resource',
  },
  oidcProvider: {
    options: { issuer: 'https://login.example.com', audience, acr: { mfa: 'urn:example:mfa' } },
    names: 'resource',
  },
  hydra: {
    options: { issuer: 'https://login.example.com/', audience, acr: { mfa: 'mfa' } },
    names: 'audience',
  },
  supabase: {
    options: {
      issuer: 'https://project-id.supabase.co/auth/v1',
      audience: 'authenticated',
      jwksUri: 'https://project-id.supabase.co/auth/v1/.well-known/jwks.json',
      acr: { mfa: 'aal2' },
    },
    client:
      'There is no authorization request to make: the client reads the challenge with `parseStepUpChallenge`, has Supabase ' +
      'verify a second factor, and retries with the new token.',
  },
  pingone: {
    options: {
      issuer: 'https://auth.pingone.eu/aaaabbbb-0000-cccc-1111-dddd2222eeee/as',
      audience,
      acr: { mfa: 'Multi_Factor' },
    },
  },
};
