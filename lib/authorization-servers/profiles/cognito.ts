import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Amazon Cognito user pools. Their access tokens have no `aud`: the scopes of a resource server name the API. */
export const cognito = Object.freeze<AuthorizationServerProfile>({
  title: 'Amazon Cognito',
  source: [
    'https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-step-up-authentication.html',
    'https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html',
    'https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html',
    'https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html',
    'https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AcrLevelConfigType.html',
  ],
  checkedOn: '2026-11-26',
  typ: [null],
  accessTokenClaims: { token_use: 'access' },
  otherTokenClaims: ['nonce', 'at_hash'],
  audienceIn: 'scope',
  issues: { acr: 'if-configured', authTime: 'by-default' },
  idToken: { acr: 'if-configured', authTime: 'by-default' },
  steps: [
    'Create a resource server whose identifier is your `audience`, with a custom scope. Let clients ask for that scope: it is how a token names this API.',
    'Use a feature plan that has authentication levels (Essentials or Plus), and name the levels, or keep `urn:cognito:loa:1` to `urn:cognito:loa:4`.',
    'For sign-ins by the SDK, which have no custom scope, let a pre token generation trigger (version 2) add the scope.',
  ],
  notes: [
    'Access tokens have no `aud`. One whose scopes are all of other resource servers, or are only `openid` and `aws.cognito.signin.user.admin`, is refused as meant for another audience.',
    'If a client binds its token to a resource, the token has an `aud`, and that alone decides.',
    'Cognito puts `acr` into tokens if the request asks for a level; look at a token of yours, since the documents do not show an access token with it.',
    'ID tokens are told apart by `token_use`.',
  ],
});
