import { startSample } from '../sample.js';
import { Client } from './client.js';
import { tooOld, unreachable } from './failures.js';
import { play } from './play.js';
import { sixSteps } from './six-steps.js';
import { begin, bold, dim, green, say, write } from './terminal.js';
import { Transcript } from './transcript.js';

play(async () => {
  const sample = await startSample();
  try {
    const transcript = new Transcript(sample);
    begin('text');
    write(bold('Step-up authentication, RFC 9470 §2, over real HTTP'));
    say(
      'The client uses openid-client, the resource server is a Nest application with nestjs-step-up, the authorization ' +
        'server is oidc-provider. Cookies and what does not belong to the protocol are not shown; tokens are shortened.',
    );
    begin('text');
    write(`  resource server        ${sample.bank}`);
    write(`  authorization server   ${sample.issuer}`);

    const ada = await Client.create(sample, transcript.observe);
    const stepUp = await sixSteps(ada, transcript);
    await tooOld(ada, transcript, { stepUp, ageSessions: sample.ageSessions });
    await unreachable(await Client.create(sample, transcript.observe), transcript);
    begin('text');
    write(bold(green('Every step went as the protocol says.')));
    write(dim('See it in a browser: npm start'));
  } finally {
    await sample.close();
  }
});
