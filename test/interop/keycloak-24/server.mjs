// The last Keycloak before the client scope `basic`, which many still run.
import { keycloak } from '../keycloak/keycloak.mjs';

const VERSION = '24.0.5';

export { differences } from './differences.mjs';

export const name = `Keycloak ${VERSION}`;

export const setUp =
  'The distribution on Maven Central, with a realm as its administration guide has it for step-up, and one as it comes.';

export const start = () => keycloak(VERSION);
