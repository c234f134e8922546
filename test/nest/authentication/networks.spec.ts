import dns from 'node:dns';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AuthorizationServerOptions, RequireAcr } from 'nestjs-step-up';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { DONE, handler } from '../../support/handler.js';
import { accessTokenClaims, keyPair, signToken } from '../../token/signed-token.js';

const AUDIENCE = 'https://api.example';
const PUBLIC_NAME = 'login.bank.test';
const INNER_NAME = 'keycloak';

/** The names that the containers of a network know: the API does not know the one that clients use. */
const INNER_HOSTS: Readonly<Record<string, string>> = { [INNER_NAME]: '127.0.0.1', localhost: '127.0.0.1' };
const PUBLIC_HOSTS: Readonly<Record<string, string>> = { [PUBLIC_NAME]: '127.0.0.1' };

type Callback = (error: Error | null, address?: unknown, family?: number) => void;

function lookUpIn(hosts: Readonly<Record<string, string>>) {
  return (name: string, ...rest: unknown[]): void => {
    const callback = rest.at(-1) as Callback;
    const { all = false } = (typeof rest[0] === 'object' ? rest[0] : {}) as { all?: boolean };
    const address = /^[\d.]+$/.test(name) ? name : hosts[name];
    if (address === undefined) {
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }));
    } else if (all) callback(null, [{ address, family: 4 }]);
    else callback(null, address, 4);
  };
}

/** An authorization server in a container: it has one issuer, and names its endpoints by the host it was asked at. */
class ContainerServer {
  readonly #key = keyPair('ES256');
  readonly requests: string[] = [];
  /** Whether the metadata names the host it was asked at, or always the public one. */
  namesHostOfRequest = true;
  issuer = '';
  port = 0;
  readonly #server = createServer((request, response) => this.#respond(request, response));

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
    this.issuer = `http://${PUBLIC_NAME}:${this.port}/realms/bank`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The realm as the containers of the network see it. */
  get inside(): string {
    return `http://${INNER_NAME}:${this.port}/realms/bank`;
  }

  #respond({ url = '', headers: { host } }: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${host}${url}`);
    const json = (value: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
    const [path, query] = url.split('?');
    const base = this.namesHostOfRequest ? `http://${host}/realms/bank` : this.issuer;
    const claims = { ...accessTokenClaims(this.issuer, AUDIENCE), acr: new URLSearchParams(query).get('acr') ?? 'pwd' };
    switch (path) {
      case '/realms/bank/.well-known/openid-configuration':
        return void json({
          issuer: this.issuer,
          jwks_uri: `${base}/certs`,
          introspection_endpoint: `${base}/introspect`,
        });
      case '/realms/bank/certs':
        return void json({ keys: [{ ...this.#key.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' }] });
      case '/realms/bank/introspect':
        return void json({ active: true, token_type: 'Bearer', ...claims, acr: 'mfa' });
      case '/realms/bank/token':
        return void response.end(
          signToken('ES256', this.#key.privateKey, { typ: 'at+jwt', alg: 'ES256', kid: 'k' }, claims),
        );
      default:
        return void response.writeHead(404).end();
    }
  }
}

/** A client outside the network, which knows the public name alone. */
function fetchAsClient(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { lookup: lookUpIn(PUBLIC_HOSTS) as never }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
    request.end();
  });
}

const server = new ContainerServer();
beforeAll(() => server.listen());
afterAll(() => server.close());
let lookups: jest.SpyInstance;
beforeEach(() => {
  server.requests.length = 0;
  server.namesHostOfRequest = true;
  lookups = jest.spyOn(dns, 'lookup').mockImplementation(lookUpIn(INNER_HOSTS) as never);
});
afterEach(() => lookups.mockRestore());

type Seen = (server: ContainerServer) => Partial<AuthorizationServerOptions>;

const CLIENT = { clientId: 'api', clientSecret: 's3cret' };

describeOverHttp('field RS-03 a server that clients and API see at different addresses', ({ serve, log }) => {
  const serveWith = (seen: Seen) =>
    serve(handler(RequireAcr('mfa')), {
      authorizationServers: [
        { issuer: server.issuer, audience: AUDIENCE, allowInsecureRequests: true, ...seen(server) },
      ],
    });
  const tokenWith = (acr: string) => fetchAsClient(`${server.issuer}/token?acr=${acr}`);

  it.each<[how: string, namesHostOfRequest: boolean, seen: Seen, asked: readonly string[]]>([
    [
      'a metadata document that names the addresses it was asked at',
      true,
      ({ inside }) => ({ metadataUri: `${inside}/.well-known/openid-configuration` }),
      ['/realms/bank/.well-known/openid-configuration', '/realms/bank/certs'],
    ],
    [
      'a key document beside metadata with public addresses',
      false,
      ({ inside }) => ({ metadataUri: `${inside}/.well-known/openid-configuration`, jwksUri: `${inside}/certs` }),
      ['/realms/bank/certs'],
    ],
    ['a key document alone', false, ({ inside }) => ({ jwksUri: `${inside}/certs` }), ['/realms/bank/certs']],
  ])('by %s, the client steps up at its address and the API verifies at its own', async (_, dynamic, seen, asked) => {
    server.namesHostOfRequest = dynamic;
    const send = await serveWith(seen);
    expect((await send({ token: await tokenWith('pwd') })).status).toBe(401);
    expect(await send({ token: await tokenWith('mfa') })).toMatchObject({ status: 200, body: DONE });
    const fromInside = server.requests.filter((request) => request.startsWith(`${INNER_NAME}:`));
    expect(fromInside).toEqual(asked.map((path) => `${INNER_NAME}:${server.port}${path}`));
  });

  it.each<[how: string, seen: Seen]>([
    [
      'at its address in the metadata',
      ({ inside }) => ({
        metadataUri: `${inside}/.well-known/openid-configuration`,
        introspection: CLIENT,
      }),
    ],
    [
      'at "introspection.endpoint"',
      ({ inside }) => ({
        introspection: { ...CLIENT, endpoint: `${inside}/introspect` },
      }),
    ],
  ])('an opaque token is introspected %s', async (_, seen) => {
    const send = await serveWith(seen);
    expect((await send({ token: 'opaque' })).status).toBe(200);
    expect(server.requests.at(-1)).toBe(`${INNER_NAME}:${server.port}/realms/bank/introspect`);
  });

  it('the issuer is not the address: 401 for what its tokens name, and the log has the issuer to configure', async () => {
    const send = await serveWith(({ inside }) => ({
      issuer: inside,
      metadataUri: `${inside}/.well-known/openid-configuration`,
    }));
    const token = await fetchAsClient(`${server.issuer}/token?acr=mfa`);
    expect((await send({ token })).status).toBe(401);
    expect(log.filter((line) => line.includes('[issuer_unknown]'))).toEqual([
      expect.stringContaining(`a token is of the issuer "${server.issuer}"`),
    ]);
  });

  it('a server at its public name alone cannot be reached: 503, and the log names the option, once', async () => {
    const send = await serveWith(() => ({}));
    expect((await send({ token: await tokenWith('mfa') })).status).toBe(503);
    expect((await send({ token: await tokenWith('mfa') })).status).toBe(503);
    expect(log.filter((line) => line.includes('"metadataUri" or "jwksUri"'))).toEqual([
      expect.stringMatching(/^\[metadata_unreadable\].*\(ENOTFOUND\).*there is no host of this name/),
    ]);
  });

  it('the boot warns of http beyond loopback, and of nothing without it', async () => {
    await serveWith(() => ({}));
    await serve(handler(RequireAcr('mfa')));
    expect(log.filter((line) => line.includes('[insecure_requests_allowed]'))).toEqual([
      expect.stringContaining(`${server.issuer}: "allowInsecureRequests" accepts http beyond loopback`),
    ]);
  });
});
