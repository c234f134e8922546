import type { AuthorizationServerProfile } from '../authorization-server-profile.js';
import { auth0 } from './auth0.js';
import { duende } from './duende.js';
import { entra } from './entra.js';
import { hydra } from './hydra.js';
import { keycloak } from './keycloak.js';
import { logto } from './logto.js';
import { oidcProvider } from './oidc-provider.js';
import { okta } from './okta.js';
import { pingone } from './pingone.js';
import { supabase } from './supabase.js';

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
}) satisfies Readonly<Record<string, AuthorizationServerProfile>>;

/** Name of a profile, such as `'keycloak'`. */
export type ProfileName = keyof typeof profiles;
