// Runs the installed command as a user does, sign-in included, and fails unless it finds the server in order.
import { spawn } from 'node:child_process';
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';

const server = await createTestAuthorizationServer();
try {
  const args = ['doctor', server.issuer, '--acr', 'mfa=urn:example:mfa', '--audience', server.audience, '--json'];
  const login = ['--login', '--client-id', 'doctor', '--port', '0', '--timeout', '30'];
  const command = spawn('npx', ['nestjs-step-up', ...args, ...login], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [printed, said] = ['', ''];
  command.stdout.on('data', (text) => {
    printed += text;
  });
  command.stderr.on('data', (text) => {
    said += text;
    const url = /^http\S+\n/m.exec(said)?.[0].trim();
    if (url === undefined) return;
    said = '';
    const redirectUri = new URL(url).searchParams.get('redirect_uri');
    server.registerClient({ clientId: 'doctor', redirectUris: [redirectUri] });
    fetch(url).catch(() => command.kill());
  });
  const exitCode = await new Promise((resolve) => command.on('close', resolve));
  const { diagnostics = [] } = exitCode === 0 ? JSON.parse(printed) : {};
  const codes = diagnostics.map(({ code }) => code);
  if (!codes.includes('acr_values_honored') || !codes.includes('max_age_honored')) {
    throw new Error(`the doctor ended with exit code ${exitCode}\n${printed}${said}`);
  }
} finally {
  await server.close();
}

// whoever reads the output may be gone before its end, as `head` is
const unread = spawn('npx', ['nestjs-step-up', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
unread.stdout.destroy();
let complaint = '';
unread.stderr.on('data', (text) => {
  complaint += text;
});
await new Promise((resolve) => unread.on('close', resolve));
if (complaint.includes('EPIPE')) throw new Error(complaint);
