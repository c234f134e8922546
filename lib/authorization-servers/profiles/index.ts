import type { AuthorizationServerProfile } from '../authorization-server-profile.js';
import { keycloak } from './keycloak.js';

/** The profiles that have a name, as they are given in `authorizationServers[].profile`. */
export const profiles = Object.freeze({
  keycloak,
}) satisfies Readonly<Record<string, AuthorizationServerProfile>>;

/** Name of a profile, such as `'keycloak'`. */
export type ProfileName = keyof typeof profiles;
