// Spring Authorization Server, in the small application beside this file. It reads neither `acr_values` nor `max_age`, and
// tells APIs nothing of the authentication: a filter and a customizer of the application do, except at one client.
import { oneTimeCode } from '../one-time-code.mjs';
import { ADA, API, BOB, CALLBACK, DOCTOR_CALLBACK, SECRET } from '../parties.mjs';
import { freePorts, ServerProcess } from '../setup/server-process.mjs';
import { BOOT, springApplication } from './build.mjs';

export { differences } from './differences.mjs';

export const name = `Spring Authorization Server (Spring Boot ${BOOT})`;

export const setUp =
  'A Spring Boot application compiled by Maven: a filter that reads `acr_values`, `max_age` and `prompt`, a page for the code, and a customizer of tokens. One client is left untouched.';

export async function start() {
  const { java, classPath } = springApplication();
  const [port] = await freePorts(1);
  const issuer = `http://127.0.0.1:${port}`;
  const spring = await ServerProcess.start({
    name,
    command: java,
    options: ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', classPath, 'interop.App'],
    env: {
      SERVER_ADDRESS: '127.0.0.1',
      SERVER_PORT: String(port),
      SPRING_SECURITY_OAUTH2_AUTHORIZATIONSERVER_ISSUER: issuer,
      API,
      SECRET,
      CALLBACK,
      DOCTOR_CALLBACK,
      ADA_PASSWORD: ADA.password,
      BOB_PASSWORD: BOB.password,
      ADA_OTP_SECRET_HEX: hexOf(ADA.otpSecret),
    },
    addresses: [`${issuer}/.well-known/openid-configuration`],
    within: 60,
  });
  return {
    issuer,
    profile: 'spring',
    acr: { pwd: 'pwd', mfa: 'mfa' },
    mfa: { at: 'app' },
    clients: {
      app: 'app',
      other: 'other',
      untouched: 'untouched',
      thin: 'opaque',
      withoutAuthTime: 'without-auth-time',
      machine: 'machine',
      stranger: 'other',
    },
    scope: 'bank',
    introspect: { of: 'thin', every: 'opaque', thin: 'opaque' },
    dpop: true,
    fillIn,
    stop: () => spring.stop(),
  };
}

function fillIn({ form }, { name: username, password, otpSecret }) {
  if (form.names.includes('password')) return { question: 'password', fields: { username, password } };
  if (form.names.includes('code') && otpSecret !== undefined) {
    return { question: 'code', fields: { code: oneTimeCode(otpSecret) } };
  }
  return undefined;
}

/** A secret in Base32, as Java takes it. */
function hexOf(base32) {
  const bits = [...base32].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const bytes = bits.join('').match(/.{8}/g);
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2))).toString('hex');
}
