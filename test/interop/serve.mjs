// Starts one of the authorization servers and leaves it running, to look at it with a browser or with the doctor.
import { Missing } from './missing.mjs';
import { ADA, API, BOB, DOCTOR_PORT, SECRET } from './parties.mjs';
import { startServer } from './servers.mjs';

const [folder] = process.argv.slice(2);
try {
  const { server } = await startServer(folder);
  console.log(`Issuer    ${server.issuer}`);
  console.log(`Audience  ${API}`);
  console.log(`Clients   ${[...new Set(Object.values(server.clients))].join(', ')}, all with the secret ${SECRET}`);
  const { users = [ADA, BOB] } = server;
  const [withCode, without] = users.map(({ name, password }) => `${name} / ${password}`);
  console.log(`Users     ${withCode}, one-time codes of the secret ${ADA.otpSecret}`);
  console.log(`          ${without}, without a second factor`);
  console.log(`Doctor    --login --port ${DOCTOR_PORT}`);
  console.log('Stop it with Ctrl-C.');
} catch (error) {
  console.error(error instanceof Missing ? error.message : error);
  process.exitCode = error instanceof Missing ? 2 : 1;
}
