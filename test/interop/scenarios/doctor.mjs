// What the doctor finds.
import { diagnose } from '../doctor.mjs';

export default [
  {
    id: 'doctor',
    asks: '`nestjs-step-up doctor --login` for mfa, then for max_age=0',
    expected: 'acr_values_honored, max_age_honored, exit code 0',
    async play({ server }) {
      const { exitCode, codes } = await diagnose(server, server.clients.app, server.acr.mfa);
      return [...codes.filter((code) => /_(honored|ignored|opaque|refused)$/.test(code)), `exit code ${exitCode}`].join(
        ', ',
      );
    },
  },
  {
    id: 'doctor, no auth_time',
    asks: 'the same at a client whose access tokens have no auth_time',
    expected: 'auth_time_missing, exit code 1',
    needs: 'withoutAuthTime',
    async play({ server }) {
      const { exitCode, codes } = await diagnose(server, server.clients.withoutAuthTime, server.acr.mfa);
      return `${codes.includes('auth_time_missing') ? 'auth_time_missing' : 'nothing found'}, exit code ${exitCode}`;
    },
  },
];
