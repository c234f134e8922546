import { differences as newest } from '../keycloak/differences.mjs';

export const differences = { ...newest };
