// Who takes part, whatever the authorization server is.
import { freePorts } from './setup/server-process.mjs';

/** Identifier of the API: the audience of access tokens, and the client as which it asks about them. */
export const API = 'https://api.interop.example';

/** Where users come back to. Nobody listens there: the code is read from the redirect. */
export const CALLBACK = 'http://127.0.0.1/callback';

/** Where the doctor listens for its users: another port for each run, so that two runs do not meet. */
export const [DOCTOR_PORT] = await freePorts(1);

/** Where the doctor has its users come back to. */
export const DOCTOR_CALLBACK = `http://127.0.0.1:${DOCTOR_PORT}/callback`;

/** Secret of every client. */
export const SECRET = 'a-secret-of-the-interop-tests';

/** A word of the API for something that no server here offers, and its string. */
export const UNKNOWN_ACR = 'urn:interop.example:nobody-knows-this';

/** `ada` has a second factor, `bob` has none. */
export const ADA = { name: 'ada', password: 'lovelace', otpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' };
export const BOB = { name: 'bob', password: 'builder' };
