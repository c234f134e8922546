import type { ProfileName, ServerOptions } from '../lib/authorization-servers/index.js';

/** How a server is connected, with made-up names in place of yours. */
export interface Example {
  readonly options: Omit<ServerOptions, 'profile'>;
  /** Members that replace those of the profile, for a server that needs names of your own. */
  readonly changes?: {
    readonly claims: Readonly<Record<string, string>>;
    /** Whether ID tokens have the same names. */
    readonly inIdTokens?: boolean;
  };
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
  for (const token of [api.accessToken, api.idToken]) {
    if (mfa.length > 0) token.setCustomClaim('https://api.example/acr', MFA);
    token.setCustomClaim('https://api.example/auth_time', Math.floor(latest / 1000));
  }
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
    changes: {
      claims: { acr: 'https://api.example/acr', authTime: 'https://api.example/auth_time' },
      inIdTokens: true,
    },
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
  pingfederate: {
    options: { issuer: 'https://sso.example.com', audience, acr: { mfa: 'urn:example:mfa' } },
  },
  pingam: {
    options: {
      issuer: 'https://am.example.com/am/oauth2/realms/root/realms/alpha',
      audience,
      acr: { mfa: 'mfa' },
    },
  },
  cognito: {
    options: {
      issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_EXAMPLE',
      audience,
      acr: { mfa: ['urn:cognito:loa:3', 'urn:cognito:loa:4'] },
    },
    client:
      '`authorizationParameters(challenge, { scope })`, with a scope of this API, such as `https://api.example.com/transfers`, in `scope`.',
  },
  adfs: {
    options: {
      issuer: 'https://fs.example.com/adfs/services/trust',
      audience,
      jwksUri: 'https://fs.example.com/adfs/discovery/keys',
      acr: { mfa: 'http://schemas.microsoft.com/claims/multipleauthn' },
    },
    changes: { claims: { amr: 'authmethod', clientId: 'appid', scope: 'scp', acr: 'https://api.example/acr' } },
    client:
      "`{ ...authorizationParameters({ scheme: challenge.scheme, maxAge: 0 }, { zeroMaxAge: { prompt: 'login' }, scope }), resource: 'https://api.example.com' }`: " +
      'the policy of the resource asks for the second factor.',
  },
  spring: {
    options: { issuer: 'https://login.example.com', audience, acr: { mfa: 'mfa', pwd: 'pwd' } },
  },
  zitadel: {
    options: { issuer: 'https://example.zitadel.cloud', audience: '300000000000000001' },
    client: 'There is nothing to ask for.',
  },
  authentik: {
    options: {
      issuer: 'https://login.example.com/application/o/bank/',
      audience: 'client-id-of-the-provider',
      acr: { mfa: 'mfa' },
    },
    client:
      "`authorizationParameters({ scheme: challenge.scheme, maxAge: 0 }, { zeroMaxAge: { prompt: 'login' }, scope })`: " +
      'the values of the challenge mean nothing to authentik, and a new sign-in asks for everything that its flow wants.',
  },
  wso2: {
    options: { issuer: 'https://is.example.com/oauth2/token', audience, acr: { mfa: 'acr2' } },
  },
  fusionauth: {
    options: { issuer: 'https://login.example.com', audience },
    client: '`authorizationParameters(challenge, { scope })`. FusionAuth reads no `acr_values`.',
  },
  authelia: {
    options: { issuer: 'https://auth.example.com', audience, acr: { mfa: 'mfa' } },
    client:
      "`{ ...authorizationParameters({ scheme: challenge.scheme, maxAge: 0 }, { scope }), audience: 'https://api.example.com' }`: " +
      'the values of the challenge mean nothing to Authelia, and a new sign-in asks for what the policy of the client wants.',
  },
  lemonldap: {
    options: { issuer: 'https://auth.example.com/', audience, acr: { mfa: 'loa-2', pwd: 'loa-1' } },
    client:
      "`authorizationParameters(challenge, { zeroMaxAge: { max_age: '1' }, scope })`, with the client id of the second relying party.",
  },
  djangoOauthToolkit: {
    options: { issuer: 'https://login.example.com/o', audience },
    client: 'There is nothing to ask for.',
  },
};
