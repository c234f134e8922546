import { startSample } from './sample.js';

async function main(): Promise<void> {
  const sample = await startSample({ ports: { bank: 3000, authorizationServer: 3001, bff: 3002 } });
  console.log(`
  A small bank that asks for a stronger sign-in when it matters (RFC 9470)

  Open               ${sample.bank}
  Authorization      ${sample.issuer}
  OpenAPI            ${sample.bank}/docs
  On a server        ${sample.bff}   the same with no token in the browser (BFF)

  Sign in as         ada   password lovelace   has a second factor
                     bob   password builder    has none

  What to try        Look at the accounts: a password is enough.
                     Transfer 25.00: as ada you are asked for a second factor, and it goes through.
                     The same by GraphQL and by WebSocket: the challenge is the same in another form.
                     The same as bob: the authorization server says that he cannot reach what is needed.
                     Transfer more than 1000.00: a passkey is needed; ada creates one on the way, or replaces it.
                     Wait five minutes and transfer again: the sign-in has become too old.

  In the terminal    npm run walkthrough
                     npx nestjs-step-up doctor ${sample.issuer} --acr mfa=urn:example:mfa \\
                       --audience ${sample.bank} --resource ${sample.bank} --scope "openid bank" \\
                       --login --client-id doctor

  Stop with Ctrl+C.
`);

  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    sample.close().then(
      () => process.exit(0),
      (error) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
