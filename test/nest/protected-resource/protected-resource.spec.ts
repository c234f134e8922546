import { All, Controller, RequestMethod, VersioningType } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessTokenGuard, type BoundTokensOption, RequireAcr } from 'nestjs-step-up';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { DONE, handler } from '../../support/handler.js';

const RESOURCE = 'https://api.example.com/bank/v1';
const AT = '/.well-known/oauth-protected-resource/bank/v1';

@Controller()
class Everything {
  @All('*')
  serve(): string {
    return 'caught';
  }
}

describeOverHttp('the metadata of the API (RFC 9728)', ({ serve, accessToken, server }) => {
  const configured = (more: object = {}) => ({
    authorizationServers: [{ issuer: server.issuer }],
    protectedResourceMetadata: { resource: RESOURCE },
    ...more,
  });
  const challengeOf = `Bearer realm="api", resource_metadata="https://api.example.com${AT}"`;

  it('is served without a token, for every origin', async () => {
    const send = await serve(
      handler(RequireAcr({ maxAge: 60 })),
      configured({
        protectedResourceMetadata: {
          resource: RESOURCE,
          scopesSupported: ['read', 'pay'],
          resourceName: 'Bank',
          resourceDocumentation: 'https://docs.example.com',
        },
      }),
    );
    expect(await send({ path: AT })).toMatchObject({
      status: 200,
      headers: {
        'content-type': [expect.stringMatching(/^application\/json/)],
        'access-control-allow-origin': ['*'],
        'cache-control': ['public, max-age=300'],
      },
      body: {
        resource: RESOURCE,
        authorization_servers: [server.issuer],
        scopes_supported: ['read', 'pay'],
        bearer_methods_supported: ['header'],
        resource_name: 'Bank',
        resource_documentation: 'https://docs.example.com',
      },
    });
  });

  it('is named in every challenge, and is the audience of a server that names none', async () => {
    const send = await serve(handler(RequireAcr({ maxAge: 60 })), configured());
    expect((await send()).headers['www-authenticate']).toEqual([challengeOf]);
    const other = await send({ token: await accessToken() });
    expect(other.headers['www-authenticate']).toEqual([expect.stringContaining('error="invalid_token"')]);
    expect(await send({ token: await accessToken({ claims: { aud: RESOURCE } }) })).toMatchObject({
      status: 200,
      body: DONE,
    });
  });

  it('leaves the audience of a server that names one', async () => {
    const authorizationServers = [{ issuer: server.issuer, audience: server.audience }];
    const send = await serve(handler(RequireAcr({ maxAge: 60 })), configured({ authorizationServers }));
    expect(await send({ token: await accessToken() })).toMatchObject({ status: 200, body: DONE });
    expect(await send({ token: await accessToken({ claims: { aud: RESOURCE } }) })).toMatchObject({ status: 401 });
  });

  it('stands under no prefix and no version, before a controller for everything and a global guard', async () => {
    const send = await serve(
      {
        controllers: [Everything],
        providers: [{ provide: APP_GUARD, useExisting: AccessTokenGuard }],
        configure(app) {
          app.setGlobalPrefix('api', { exclude: [{ path: '*', method: RequestMethod.ALL }] });
          app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
        },
      },
      configured(),
    );
    expect(await send({ path: AT })).toMatchObject({ status: 200, body: { resource: RESOURCE } });
  });

  it('of an API at the root stands at the root', async () => {
    for (const resource of ['https://api.example.com', 'https://api.example.com/']) {
      const send = await serve(handler(), configured({ protectedResourceMetadata: { resource } }));
      const path = '/.well-known/oauth-protected-resource';
      expect(await send({ path })).toMatchObject({ status: 200, body: { resource } });
    }
  });

  it('is not there without the option', async () => {
    const send = await serve(handler());
    expect(await send({ path: '/.well-known/oauth-protected-resource' })).toMatchObject({ status: 404 });
  });

  it.each<[what: string, resource: unknown]>([
    ['is missing', undefined],
    ['is no text', 7],
    ['is no URL', 'api'],
    ['is http', 'http://api.example.com'],
    ['has a query', 'https://api.example.com?tenant=1'],
    ['has an empty query', 'https://api.example.com/?'],
    ['has a fragment', 'https://api.example.com/#top'],
    ['has an empty fragment', 'https://api.example.com/#'],
    ['has a parameter in its path', 'https://api.example.com/:tenant'],
    ['has a wildcard in its path', 'https://api.example.com/*'],
    ['has an encoded path', 'https://api.example.com/a%20b'],
  ])('a resource that %s stops the boot', async (_, resource) => {
    const boot = serve(handler(), configured({ protectedResourceMetadata: { resource } }));
    await expect(boot).rejects.toThrow('"protectedResourceMetadata.resource"');
  });

  it.each<[name: string, value: unknown, message: string]>([
    ['null', null, '"protectedResourceMetadata" must be an object'],
    ['a text', RESOURCE, '"protectedResourceMetadata" must be an object'],
    ['a misspelt member', { resource: RESOURCE, scopes: [] }, '"protectedResourceMetadata" has no member "scopes"'],
    [
      'scopes in one text',
      { resource: RESOURCE, scopesSupported: 'a b' },
      '"protectedResourceMetadata.scopesSupported"',
    ],
    [
      'a scope with a space',
      { resource: RESOURCE, scopesSupported: ['a b'] },
      '"protectedResourceMetadata.scopesSupported"',
    ],
    ['an empty name', { resource: RESOURCE, resourceName: '' }, '"protectedResourceMetadata.resourceName"'],
    [
      'a documentation that is no URL',
      { resource: RESOURCE, resourceDocumentation: '/docs' },
      '"protectedResourceMetadata.resourceDocumentation"',
    ],
  ])('%s stops the boot', async (_, protectedResourceMetadata, message) => {
    await expect(serve(handler(), configured({ protectedResourceMetadata }))).rejects.toThrow(message);
  });

  it('two names for the document stop the boot', async () => {
    const boot = serve(handler(), configured({ resourceMetadata: 'https://api.example.com/metadata' }));
    await expect(boot).rejects.toThrow('leave one of them out');
  });

  it('a server without audience and without resource stops the boot', async () => {
    const boot = serve(handler(), { authorizationServers: [{ issuer: server.issuer }] });
    await expect(boot).rejects.toThrow('"authorizationServers[0].audience" is required');
  });

  it.each<[boundTokens: BoundTokensOption, members: object]>([
    ['off', {}],
    [
      'accepted',
      { tls_client_certificate_bound_access_tokens: true, dpop_signing_alg_values_supported: ['ES256', 'EdDSA'] },
    ],
    [
      { policy: 'required', methods: ['dpop'] },
      { dpop_signing_alg_values_supported: ['ES256', 'EdDSA'], dpop_bound_access_tokens_required: true },
    ],
    [{ policy: 'required', methods: ['mtls'] }, { tls_client_certificate_bound_access_tokens: true }],
  ])('with boundTokens %j it says which bound tokens the API accepts', async (boundTokens, members) => {
    const acceptsDPoP = 'dpop_signing_alg_values_supported' in members;
    const send = await serve(handler(), {
      protectedResourceMetadata: { resource: RESOURCE },
      authorizationServers: [{ issuer: server.issuer, boundTokens }],
      ...(acceptsDPoP && { publicUrl: RESOURCE, dpop: { algorithms: ['ES256', 'EdDSA'] } }),
    });
    expect((await send({ path: AT })).body).toEqual({
      resource: RESOURCE,
      bearer_methods_supported: ['header'],
      authorization_servers: [server.issuer],
      ...members,
    });
  });

  it('with servers that are resolved it does not say that every token has to be bound', async () => {
    const send = await serve(handler(), {
      protectedResourceMetadata: { resource: RESOURCE },
      authorizationServers: [{ issuer: server.issuer, boundTokens: { policy: 'required', methods: ['dpop'] } }],
      publicUrl: RESOURCE,
      resolveAuthorizationServer: (issuer) => ({ issuer }),
    });
    expect((await send({ path: AT })).body).not.toHaveProperty('dpop_bound_access_tokens_required');
  });

  it('its resource is the audience also of a resolved server that names none', async () => {
    const send = await serve(handler(RequireAcr({ maxAge: 60 })), {
      protectedResourceMetadata: { resource: RESOURCE },
      authorizationServers: undefined,
      resolveAuthorizationServer: (issuer: string) => ({ issuer, audience: undefined }),
    } as never);
    const ofThis = await accessToken({ claims: { aud: RESOURCE } });
    expect((await send({ token: ofThis })).status).toBe(200);
    expect((await send({ token: await accessToken() })).status).toBe(401);
  });

  it('with a strategy of the application it lists the servers that are configured', async () => {
    const send = await serve(handler(), {
      passport: 'existing',
      protectedResourceMetadata: { resource: RESOURCE },
      authorizationServers: undefined,
    } as never);
    expect((await send({ path: AT })).body).toEqual({ resource: RESOURCE, bearer_methods_supported: ['header'] });
  });
});
