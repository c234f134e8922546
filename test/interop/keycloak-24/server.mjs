// The last Keycloak before the client scope `basic`, which many still run.
import { keycloak } from '../keycloak/keycloak.mjs';

const VERSION = '24.0.5';

export { differences } from './differences.mjs';

export const name = `Keycloak ${VERSION}`;

export const start = () => keycloak(VERSION);
