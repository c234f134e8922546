import type { AuthorizationServerProfile } from '../authorization-server-profile.js';
import { adfs } from './adfs.js';
import { auth0 } from './auth0.js';
import { authelia } from './authelia.js';
import { authentik } from './authentik.js';
import { cognito } from './cognito.js';
import { djangoOauthToolkit } from './django-oauth-toolkit.js';
import { duende } from './duende.js';
import { entra } from './entra.js';
import { fusionauth } from './fusionauth.js';
import { hydra } from './hydra.js';
import { keycloak } from './keycloak.js';
import { lemonldap } from './lemonldap.js';
import { logto } from './logto.js';
import { oidcProvider } from './oidc-provider.js';
import { okta } from './okta.js';
import { pingam } from './pingam.js';
import { pingfederate } from './pingfederate.js';
import { pingone } from './pingone.js';
import { spring } from './spring.js';
import { supabase } from './supabase.js';
import { wso2 } from './wso2.js';
import { zitadel } from './zitadel.js';

/** The shipped profiles. `authorizationServers[].profile` accepts their names. */
export const profiles = Object.freeze({
  keycloak,
  okta,
  auth0,
  entra,
  duende,
  logto,
  oidcProvider,
  hydra,
  supabase,
  pingone,
  pingfederate,
  pingam,
  cognito,
  adfs,
  spring,
  zitadel,
  authentik,
  wso2,
  fusionauth,
  authelia,
  lemonldap,
  djangoOauthToolkit,
}) satisfies Readonly<Record<string, AuthorizationServerProfile>>;

/** Name of a profile, such as `'keycloak'`. */
export type ProfileName = keyof typeof profiles;
