import * as sdk2 from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { stepUpFetch } from 'nestjs-step-up/client';
import { type FetchLike, withStepUp } from 'nestjs-step-up/mcp/host';
import { type McpApi, startMcpApi } from './mcp-api.js';

interface Tokens {
  access_token: string;
  refresh_token?: string;
  token_type: string;
}

/** A provider as an application writes it for either version of the official SDK: all state is in private fields. */
class Provider {
  readonly redirectUrl = 'https://client.example/callback';
  readonly clientMetadata = { redirect_uris: [this.redirectUrl], scope: 'openid' };
  readonly redirects: URL[] = [];
  #tokens: Tokens | undefined;
  #verifier = '';
  #discovery: unknown;

  constructor(private readonly withRefreshToken: boolean) {}

  clientInformation = () => ({ client_id: 'test-client' });
  tokens() {
    return this.#tokens;
  }
  saveTokens({ refresh_token, ...tokens }: Tokens) {
    this.#tokens = this.withRefreshToken && refresh_token ? { ...tokens, refresh_token } : tokens;
  }
  redirectToAuthorization(url: URL) {
    this.redirects.push(url);
  }
  saveCodeVerifier(verifier: string) {
    this.#verifier = verifier;
  }
  codeVerifier() {
    return this.#verifier;
  }
  saveDiscoveryState(state: unknown) {
    this.#discovery = state;
  }
  discoveryState() {
    return this.#discovery as never;
  }
}

interface Transported {
  authProvider?: Provider;
  fetch?: FetchLike;
}

/** Both versions of the official SDK, as hosts. */
const SDKS = [
  {
    version: 1,
    connect: async (url: URL, options: Transported) => {
      const client = new Client({ name: 'host', version: '1' });
      const transport = new StreamableHTTPClientTransport(url, options as never);
      return { client, transport, start: () => client.connect(transport as never) };
    },
  },
  {
    version: 2,
    connect: async (url: URL, options: Transported) => {
      const client = new sdk2.Client({ name: 'host', version: '1' });
      const transport = new sdk2.StreamableHTTPClientTransport(url, options as never);
      return { client, transport, start: () => client.connect(transport) };
    },
  },
] as const;

let api: McpApi;

beforeEach(async () => {
  refreshes = 0;
  api = await startMcpApi();
});
afterEach(() => api.close());

/** Follows the last redirect of a provider as a browser does, and returns the code. */
async function signIn({ redirects }: Provider): Promise<URLSearchParams> {
  const answer = await fetch(redirects.at(-1) as URL, { redirect: 'manual' });
  return new URL(answer.headers.get('location') as string).searchParams;
}

let refreshes = 0;

/** Sends requests, and counts those that refresh a token. */
const counted: FetchLike = (url, init) => {
  if (new URLSearchParams(String(init?.body)).get('grant_type') === 'refresh_token') refreshes += 1;
  return fetch(url, init);
};

describe.each(SDKS)('a host on version $version of the official SDK', ({ connect }) => {
  type Host = Awaited<ReturnType<typeof connect>>;

  /** Connects, with a sign-in if the host asks for one, and returns a client whose token has the weakest acr. */
  async function connected(options: Transported & { authProvider: Provider }): Promise<Host> {
    const first = await connect(api.url, options);
    await expect(first.start()).rejects.toThrow();
    await first.transport.finishAuth(
      (await signIn(options.authProvider)).get('code') as string,
      api.server.issuer as never,
    );
    const second = await connect(api.url, options);
    await second.start();
    return second;
  }

  const call = (host: Host, name: string) => host.client.callTool({ name, arguments: {} } as never);

  describe.each([true, false])('with a refresh token: %s', (withRefreshToken) => {
    it('serves the call after one sign-in that asks for what the challenge asks', async () => {
      const provider = new Provider(withRefreshToken);
      const options = withStepUp(provider, { fetch: counted }) as unknown as Transported & { authProvider: Provider };
      const host = await connected(options);
      expect(await call(host, 'balance')).toMatchObject({ content: [{ text: 'balance: done' }] });

      await expect(call(host, 'transfer')).rejects.toThrow();
      expect(provider.redirects).toHaveLength(2);
      const asked = (provider.redirects[1] as URL).searchParams;
      expect([asked.get('acr_values'), asked.get('max_age'), asked.get('scope')]).toEqual([
        'urn:example:mfa urn:example:phr',
        '300',
        'openid',
      ]);
      await host.transport.finishAuth((await signIn(provider)).get('code') as string, api.server.issuer as never);

      expect(await call(host, 'transfer')).toMatchObject({ content: [{ text: 'transfer: done' }] });
      expect(api.ran).toEqual(['balance', 'transfer']);
      expect(provider.redirects).toHaveLength(2);
      expect(refreshes).toBe(0);
      expect(provider.tokens()?.refresh_token !== undefined).toBe(withRefreshToken);
      await host.client.close();
    });

    it('stops with a coded error if the authorization server ignores what is asked', async () => {
      const provider = new Provider(withRefreshToken);
      const host = await connected(withStepUp(provider, { fetch: counted }) as never);
      api.server.behavior = 'ignoresAcrValues';
      await expect(call(host, 'transfer')).rejects.toThrow();
      await host.transport.finishAuth((await signIn(provider)).get('code') as string, api.server.issuer as never);
      await expect(call(host, 'transfer')).rejects.toMatchObject({ code: 'ERR_STEP_UP_LOOP' });
      expect(provider.redirects).toHaveLength(2);
      expect(api.ran).toEqual([]);
      await host.client.close();
    });
  });

  it.each([true, false])(
    'without withStepUp the SDK ends nowhere, with a refresh token: %s',
    async (withRefreshToken) => {
      const provider = new Provider(withRefreshToken);
      const host = await connected({ authProvider: provider, fetch: counted });
      await expect(call(host, 'transfer')).rejects.toThrow();
      expect(refreshes).toBe(withRefreshToken ? 1 : 0);
      expect(provider.redirects[1]?.searchParams.get('acr_values')).toBe(withRefreshToken ? undefined : null);
      await host.client.close();
    },
  );

  it('stepUpFetch as fetch sends the same call again by itself', async () => {
    let token = await api.server.accessToken({ acr: 'urn:example:pwd' });
    const challenges: unknown[] = [];
    const host = await connect(api.url, {
      fetch: stepUpFetch({
        origins: [api.url.origin],
        accessToken: () => token,
        stepUp: async (challenge) => {
          challenges.push(challenge);
          token = await api.server.accessToken({ acr: challenge.acrValues?.[0] as string });
          return token;
        },
      }) as FetchLike,
    });
    await host.start();
    expect(await call(host, 'transfer')).toMatchObject({ content: [{ text: 'transfer: done' }] });
    expect(challenges).toMatchObject([{ acrValues: ['urn:example:mfa', 'urn:example:phr'], maxAge: 300 }]);
    expect(api.ran).toEqual(['transfer']);
    await host.client.close();
  });
});

describe('the provider that the SDK is given', () => {
  const CHALLENGE = 'Bearer error="insufficient_user_authentication", acr_values="mfa", max_age="300"';
  const AT = 'https://mcp.example/mcp';
  const body = (name: string) => JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } });
  let seconds = 1_000;

  /** A host whose MCP server answers with what `respond` returns. */
  function hostOf(respond: (init: RequestInit) => Response | Promise<Response>) {
    const provider = new Provider(true);
    provider.saveTokens({ access_token: 'weak', refresh_token: 'refresh', token_type: 'Bearer' });
    const { authProvider, fetch } = withStepUp(provider as never, {
      fetch: async (_, init) => respond(init as RequestInit),
      now: () => seconds,
    }) as unknown as { authProvider: Provider; fetch: FetchLike };
    const call = (name: string, token = provider.tokens()?.access_token) =>
      fetch(AT, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: body(name) });
    const redirected = async () => {
      await authProvider.redirectToAuthorization(new URL('https://as.example/authorize?scope=tools'));
      return Object.fromEntries((provider.redirects.at(-1) as URL).searchParams);
    };
    return { provider, authProvider, call, redirected };
  }

  const refused = (challenge = CHALLENGE) =>
    new Response(null, { status: 401, headers: { 'www-authenticate': challenge } });

  it('asks for what the challenge asks, and keeps the scope of the SDK', async () => {
    const { call, redirected } = hostOf(() => refused());
    expect(await redirected()).toEqual({ scope: 'tools' });
    await call('transfer');
    expect(await redirected()).toEqual({ scope: 'openid tools', acr_values: 'mfa', max_age: '300' });
  });

  it('hides the refresh token while a challenge is open, and never loses it', async () => {
    const { provider, authProvider, call } = hostOf(() => refused());
    await call('transfer');
    const seen = await authProvider.tokens();
    expect(seen).toEqual({ access_token: 'weak', token_type: 'Bearer' });
    // version 2 stores again what it reads, with the issuer
    await authProvider.saveTokens({ ...(seen as Tokens), issuer: 'https://as.example' } as never);
    expect(provider.tokens()).toMatchObject({ access_token: 'weak', refresh_token: 'refresh' });
    await authProvider.saveTokens({ access_token: 'strong', refresh_token: 'second', token_type: 'Bearer' });
    expect(await authProvider.tokens()).toMatchObject({ access_token: 'strong', refresh_token: 'second' });
  });

  it('shows the refresh token again as soon as the token is refused for another reason', async () => {
    let challenge = CHALLENGE;
    const { authProvider, call, redirected } = hostOf(() => refused(challenge));
    await call('transfer');
    challenge = 'Bearer error="invalid_token"';
    await call('balance');
    expect(await authProvider.tokens()).toMatchObject({ refresh_token: 'refresh' });
    expect(await redirected()).toEqual({ scope: 'tools' });
  });

  it.each<[what: string, response: () => Response]>([
    ['another origin', () => Object.defineProperty(refused(), 'url', { value: 'https://other.example/mcp' })],
    ['a request without the token of the session', () => refused()],
  ])('takes no challenge from %s', async (what, response) => {
    const { call, redirected } = hostOf(response);
    await call('transfer', what.includes('without') ? 'another' : undefined);
    expect(await redirected()).toEqual({ scope: 'tools' });
  });

  it('prompts for a second, stricter challenge of a call, and for no third', async () => {
    let asked = 'mfa';
    const { authProvider, call, redirected } = hostOf(() =>
      refused(`Bearer error="insufficient_user_authentication", acr_values="${asked}"`),
    );
    for (const [index, acr] of ['mfa', 'phr'].entries()) {
      asked = acr;
      await call('transfer');
      expect(await redirected()).toMatchObject({ acr_values: acr });
      await authProvider.saveTokens({ access_token: `token ${index}`, token_type: 'Bearer' });
    }
    asked = 'mfa';
    await expect(call('transfer')).rejects.toMatchObject({ code: 'ERR_STEP_UP_LOOP' });
  });

  it('prompts again for a call that was accepted in between, and after the sign-in has become too old', async () => {
    let response = refused;
    const { authProvider, call } = hostOf(() => response());
    await call('transfer');
    await authProvider.saveTokens({ access_token: 'strong', token_type: 'Bearer' });
    await expect(call('transfer')).rejects.toMatchObject({ code: 'ERR_STEP_UP_LOOP' });
    seconds += 300;
    await expect(call('transfer')).resolves.toMatchObject({ status: 401 });
    await authProvider.saveTokens({ access_token: 'again', token_type: 'Bearer' });
    response = () => new Response('{}');
    await call('transfer');
    response = refused;
    await expect(call('transfer')).resolves.toMatchObject({ status: 401 });
  });

  it('is otherwise the provider of the application', async () => {
    const { provider, authProvider } = hostOf(() => refused());
    authProvider.saveCodeVerifier('verifier');
    expect(provider.codeVerifier()).toBe('verifier');
    expect(authProvider.redirectUrl).toBe(provider.redirectUrl);
    expect(authProvider).toBeInstanceOf(Provider);
    Object.assign(authProvider, { added: 1 });
    expect(provider).toHaveProperty('added', 1);
  });
});
