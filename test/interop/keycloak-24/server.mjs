// The last Keycloak before the client scope `basic`, which many still run.
import { CLIENTS, keycloak } from '../keycloak/keycloak.mjs';

const VERSION = '24.0.5';

export { differences } from './differences.mjs';

export const name = `Keycloak ${VERSION}`;

export const setUp =
  'As the newest. `auth_time` is in all its access tokens, lightweight ones included, and cannot be taken out: for the `acr` of these the API asks about each.';

export const start = () => {
  const { withoutAuthTime: _, ...clients } = CLIENTS;
  return keycloak(VERSION, { clients, introspect: { of: 'app', every: 'always', thin: 'always' }, dpop: undefined });
};
