// `npx nestjs-step-up doctor --login`, with a user who follows what it prints.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Browser } from './browser.mjs';
import { ADA, API, CALLBACK, DOCTOR_PORT, SECRET } from './parties.mjs';

const DOCTOR = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/**
 * Runs the doctor on a server, with two sign-ins at one of its clients: for an acr, and for max_age=0.
 *
 * @returns its exit code, and the codes of its diagnostics
 */
export async function diagnose({ issuer, profile, fillIn, parameters = {}, scope }, clientId, acr) {
  const login = ['--login', '--client-id', clientId, '--client-secret-env', 'CLIENT_SECRET', '--timeout', '20'];
  const port = ['--port', String(DOCTOR_PORT)];
  const extra = Object.entries(parameters).flatMap(([name, value]) =>
    name === 'resource' ? ['--resource', value] : ['--parameter', `${name}=${value}`],
  );
  if (scope !== undefined) extra.push('--scope', scope);
  const directory = mkdtempSync(join(tmpdir(), 'interop-doctor-'));
  const file = join(directory, 'profile.json');
  // a profile without a name is read from a file
  if (typeof profile !== 'string') writeFileSync(file, JSON.stringify(profile));
  const which = typeof profile === 'string' ? ['--profile', profile] : ['--config', file];
  const about = [...which, '--acr', acr, '--audience', API, ...extra];
  const doctor = spawn(process.execPath, [DOCTOR, 'doctor', issuer, ...about, ...login, ...port, '--json'], {
    env: { ...process.env, CLIENT_SECRET: SECRET },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const browser = new Browser(CALLBACK);
  const printed = [];
  createInterface({ input: doctor.stderr }).on('line', (line) => {
    printed.push(line);
    // what goes wrong here is found by the doctor, for whom nobody comes back
    if (line.startsWith(issuer)) signIn(browser, line, fillIn).catch(() => {});
  });
  let json = '';
  doctor.stdout.on('data', (chunk) => {
    json += chunk;
  });
  const [exitCode] = await once(doctor, 'close');
  rmSync(directory, { recursive: true });
  if (json === '') throw new Error(`the doctor ended with ${exitCode}: ${printed.join(' ')}`);
  return { exitCode, codes: JSON.parse(json).diagnostics.map(({ code }) => code) };
}

async function signIn(browser, url, fillIn) {
  let at = await browser.open(url);
  while (at.form !== undefined) at = await browser.submit(at, fillIn(at, ADA).fields);
}
