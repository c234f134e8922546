import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { withStepUp } from 'nestjs-step-up/mcp/host';
import { startSample } from '../../sample.js';
import { observedFetch } from '../../shared/exchange.js';
import { MCP_HOST_REDIRECT } from '../../shared/registration.js';
import { compareEvents, readEventClaims } from '../authentication-event.js';
import { Browser } from '../browser.js';
import { check } from '../deviation.js';
import { play } from '../play.js';
import { begin, bold, dim, green, heading, say, write } from '../terminal.js';
import { Transcript } from '../transcript.js';
import { ADA } from '../user.js';
import { HostProvider } from './host-provider.js';

const TRANSFER = { from: 'ada-everyday', to: 'bob-everyday', amount: 25_00 };

play(async () => {
  const sample = await startSample();
  try {
    const transcript = new Transcript(sample);
    const observe = transcript.observe;
    const provider = new HostProvider(new Browser(MCP_HOST_REDIRECT, observe), ADA);
    const send = observedFetch(observe);
    const options = withStepUp(provider, { fetch: (url, init) => send(String(url), init) });
    const client = new Client({ name: 'assistant', version: '1.0.0' });
    const server = new URL(`${sample.bank}/mcp`);

    begin('text');
    write(bold('Step-up authentication per MCP tool: RFC 9470 over Streamable HTTP'));
    say(
      'The host uses the official SDK with withStepUp of nestjs-step-up/mcp/host, the MCP server is a controller of a ' +
        'Nest application with requirementsPerTool, the authorization server is oidc-provider.',
    );
    begin('text');
    write(`  MCP server             ${server}`);
    write(`  authorization server   ${sample.issuer}`);

    heading('Step 1: the host finds the authorization server by the metadata of the API, and signs its user in');
    transcript.isOn = true;
    const first = new StreamableHTTPClientTransport(server, options);
    await rejected(() => client.connect(first));
    await first.finishAuth(provider.takeCallback());
    check('a password was enough', provider.asked, [['password']]);
    const before = readEventClaims(provider.tokens()?.access_token ?? '');

    heading('Step 2: the host connects, and calls a tool that needs no more');
    const transport = new StreamableHTTPClientTransport(server, options);
    await client.connect(transport);
    const { accounts } = await callTool<{ accounts: { balance: number }[] }>(client, 'accounts', {});
    const balance = accounts[0]?.balance ?? 0;

    heading('Step 3: the model calls "transfer", and the API asks for a stronger sign-in before the tool runs');
    transcript.beforePage = () => {
      heading('Step 4: the host sends the user to the authorization server, with acr_values and max_age');
      say('Her browser is known there, so only the code is asked for.');
    };
    await rejected(() => callTool(client, 'transfer', TRANSFER));
    await transport.finishAuth(provider.takeCallback());
    check('she was asked for her code, and not for her password again', provider.asked[1], ['code']);
    compareEvents(before, readEventClaims(provider.tokens()?.access_token ?? ''));

    heading('Step 5: the host sends the same call again, with the new access token');
    const receipt = await callTool<{ balance: number }>(client, 'transfer', TRANSFER);
    check('the tool ran, and only now was money moved', receipt.balance, balance - TRANSFER.amount);
    check('there were two sign-ins', provider.asked.length, 2);
    await client.close();
    begin('text');
    write(bold(green('The model has noticed nothing, and the bank has what it needs.')));
    write(dim('The page on it: docs/mcp.md'));
  } finally {
    await sample.close();
  }
});

async function callTool<T>(client: Client, name: string, parameters: Record<string, unknown>): Promise<T> {
  const { content } = await client.callTool({ name, arguments: parameters });
  const [first] = content;
  return JSON.parse(first?.type === 'text' ? first.text : '') as T;
}

/** Runs what the SDK gives up once it has sent the user to the authorization server. */
async function rejected(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof UnauthorizedError) return;
    throw error;
  }
  throw new Error('the API has accepted what it must refuse');
}
