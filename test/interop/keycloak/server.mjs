// Keycloak, the newest.
import { keycloak } from './keycloak.mjs';

const VERSION = '26.7.3';

export { differences } from './differences.mjs';

export const name = `Keycloak ${VERSION}`;

export const setUp =
  'The distribution on Maven Central, with a realm as its administration guide has it for step-up, and one as it comes.';

export const start = () => keycloak(VERSION);
