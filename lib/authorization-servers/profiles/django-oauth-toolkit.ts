import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Django OAuth Toolkit. There is nothing to require of its tokens. */
export const djangoOauthToolkit = Object.freeze<AuthorizationServerProfile>({
  title: 'Django OAuth Toolkit',
  source: [
    'https://github.com/django-oauth/django-oauth-toolkit/blob/master/oauth2_provider/views/introspect.py',
    'https://github.com/django-oauth/django-oauth-toolkit/pull/1626',
    'https://django-oauth-toolkit.readthedocs.io/en/latest/resource_server.html',
  ],
  checkedOn: '2026-11-26',
  issues: { acr: 'never', authTime: 'never' },
  idToken: { acr: 'never', authTime: 'by-default' },
  steps: [
    'Do not require anything of these tokens: they are opaque, and introspection returns active, scope, exp, client_id and username, nothing of the sign-in.',
    'Use the introspection for handlers that only need a valid token. Clients ask for this API with `resource`, or the response names no audience and the token is refused.',
    "To step up, write a subclass of `IntrospectTokenView` that returns `acr` and `auth_time`, and say so in a profile of your own: `{ ...profiles.djangoOauthToolkit, issues: { acr: 'if-configured', authTime: 'if-configured' } }`.",
  ],
  notes: [
    'It reads neither `acr_values` nor `max_age`; `prompt=login` makes the user sign in again, and `prompt=none` fails with status 500.',
    '`auth_time` of its ID tokens is the latest sign-in of the user in any browser.',
  ],
  observed: ['All of this with Django OAuth Toolkit 3.4.1.'],
});
