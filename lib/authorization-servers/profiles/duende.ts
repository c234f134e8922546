import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Duende IdentityServer. Its sign-in pages belong to the application and decide about `acr`. */
export const duende = Object.freeze<AuthorizationServerProfile>({
  title: 'Duende IdentityServer',
  source: [
    'https://docs.duendesoftware.com/identityserver/reference/endpoints/authorize/',
    'https://docs.duendesoftware.com/identityserver/tokens/',
    'https://docs.duendesoftware.com/identityserver/fundamentals/resources/api-resources',
    'https://docs.duendesoftware.com/identityserver/ui/login/mfa/',
    'https://docs.duendesoftware.com/identityserver/upgrades/v6_2-to-v6_3/',
  ],
  checkedOn: '2026-11-24',
  issues: { acr: 'if-configured', authTime: 'by-default' },
  idToken: { acr: 'if-configured', authTime: 'by-default' },
  whenUnmet: 'error',
  steps: [
    'Read `acr_values` in your sign-in page, from the authorization context, and decide there what they require.',
    'Put the claim `acr` on the principal that you sign in: only then is it in access tokens. `auth_time` and `amr` are there by default.',
    'Return `unmet_authentication_requirements` from the page if the user cannot meet the request (since 6.3).',
    'Name this API in an ApiResource, so that it is the audience of access tokens.',
  ],
  notes: [
    'The server hands `acr_values` to your sign-in page; the page decides what they do. Values that begin with `idp:` and `tenant:` are reserved.',
    'The server refuses `acr_values` of more than 300 characters.',
    'As long as the page sets no `acr`, only `maxAge` can be required.',
  ],
});
