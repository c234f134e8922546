// Keycloak, the newest.
import { keycloak } from './keycloak.mjs';

const VERSION = '26.7.3';

export { differences } from './differences.mjs';

export const name = `Keycloak ${VERSION}`;

export const start = () => keycloak(VERSION);
