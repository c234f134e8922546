import { randomBytes } from 'node:crypto';
import { createAuthorizationServer } from './authorization-server/authorization-server.js';
import { createBank } from './bank/bank.js';
import { createBff } from './bff/bff.js';
import { listen } from './listening-server.js';
import { BANK_SCOPE, BFF_CLIENT } from './shared/registration.js';

interface SampleOptions {
  /** Default is any free port. One that is taken is replaced by a free one. */
  ports?: { bank: number; authorizationServer: number; bff?: number };
}

export interface Sample {
  /** URL of the bank: its page, its API, and the audience of the access tokens. */
  readonly bank: string;
  /** URL of the authorization server. */
  readonly issuer: string;
  /** URL of the application on a server that is a client of the bank. */
  readonly bff: string;
  /** Makes it as if everybody with this account had signed in that much earlier. */
  ageSessions(accountId: string, seconds: number): void;
  close(): Promise<void>;
}

/** Starts the bank, its authorization server and a client on a server, on the loopback interface. */
export async function startSample({ ports }: SampleOptions = {}): Promise<Sample> {
  // each has to know the other's address, so both listen before either can answer
  const bank = await listen(ports?.bank ?? 0);
  // browsers make passkeys for a name alone; and with names of their own the two do not share cookies
  const authorization = await listen(ports?.authorizationServer ?? 0, 'localhost');
  const client = await listen(ports?.bff ?? 0);
  const close = async () => {
    await Promise.all([bank.close(), authorization.close(), client.close()]);
  };

  try {
    const clientSecret = randomBytes(32).toString('base64url');
    const authorizationServer = await createAuthorizationServer({
      issuer: authorization.url,
      bank: bank.url,
      bff: { url: client.url, clientSecret },
    });
    authorization.server.on('request', authorizationServer.handle);

    const app = await createBank({ url: bank.url, issuer: authorization.url, bff: client.url });
    bank.server.on('request', app.getHttpAdapter().getInstance());
    bank.server.on('upgrade', (...handshake) => app.getHttpServer().emit('upgrade', ...handshake));

    const bff = await createBff({
      url: client.url,
      issuer: authorization.url,
      bank: bank.url,
      clientId: BFF_CLIENT,
      clientSecret,
      scope: BANK_SCOPE,
    });
    client.server.on('request', bff.getHttpAdapter().getInstance());

    return {
      bank: bank.url,
      issuer: authorization.url,
      bff: client.url,
      ageSessions: authorizationServer.ageSessions,
      close: async () => {
        await Promise.all([app.close(), bff.close()]);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
