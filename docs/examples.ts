import type { AuthorizationServerOptions, ProfileName } from '../lib/authorization-servers/index.js';

/** How a server is connected, with made-up names where yours belong. */
export interface Example {
  readonly options: Omit<AuthorizationServerOptions, 'profile'>;
  /** Members that replace those of the profile, for a server that needs names of your own. */
  readonly changes?: { readonly claims: Readonly<Record<string, string>> };
  /** What clients do where `authorizationParameters` has no part in it. */
  readonly client?: string;
}

const audience = 'https://api.example.com';

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
  },
  entra: {
    options: {
      issuer: 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0',
      audience: '00001111-aaaa-2222-bbbb-3333cccc4444',
      acr: { mfa: 'c1', phr: 'c2' },
    },
    client:
      'MSAL answers the challenge, once it is told the capability cp1; nothing of `nestjs-step-up/client` is needed.',
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
  },
  oidcProvider: {
    options: { issuer: 'https://login.example.com', audience, acr: { mfa: 'urn:example:mfa' } },
  },
  hydra: {
    options: { issuer: 'https://login.example.com/', audience, acr: { mfa: 'mfa' } },
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
