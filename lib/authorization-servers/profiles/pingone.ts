import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** PingOne, whose `acr` is the name of the sign-on policy that ran. */
export const pingone = Object.freeze<AuthorizationServerProfile>({
  title: 'PingOne',
  source: ['https://developer.pingidentity.com/pingone-api/auth/introduction/token-claims.html'],
  checkedOn: '2026-11-24',
  acrValues: ['Single_Factor', 'Multi_Factor'],
  issues: { acr: 'by-default', authTime: 'by-default' },
  idToken: { acr: 'by-default', authTime: 'by-default' },
  steps: [
    'Have access tokens issued with typ at+jwt: optional for a start, and always so from 2 March 2027.',
    'Assign the sign-on policies that your words stand for to the application; their names are the `acr` strings.',
  ],
  notes: [
    "The id of a DaVinci flow policy must be sent alone: give clients `acrValues: 'first'` if you have one.",
    'Tokens of `client_credentials` have no `acr`.',
  ],
});
