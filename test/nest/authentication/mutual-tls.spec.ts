import { createHash, X509Certificate } from 'node:crypto';
import { connect } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type INestApplication, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AccessTokenGuard, RequireAcr, StepUpModule, type StepUpRegisterOptions } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { captureLog } from '../../support/application.js';
import { clientCertificates } from '../../support/client-certificates.js';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { dpopHeaders, dpopKey, PUBLIC_URL } from '../../support/dpop.js';
import { DONE, done, handler } from '../../support/handler.js';
import { selfSigned } from '../../support/self-signed.js';

const { alice, mallory } = clientCertificates;
type Client = Partial<typeof alice>;

const derOf = (cert: string) => new X509Certificate(cert).raw;
const thumbprintOf = (cert: string) => createHash('sha256').update(derOf(cert)).digest('base64url');
const boundTo = (cert: string) => ({ cnf: { 'x5t#S256': thumbprintOf(cert) } });

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** Sends a request over HTTP/1 with the certificate of a client, or without one. */
function overHttp1(url: string, headers: Record<string, string>, client: Client): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, { headers, ...client, ca: selfSigned.cert, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode as number, body: JSON.parse(text) }));
    });
    request.on('error', reject);
    request.end();
  });
}

/** The same over HTTP/2. */
function overHttp2(url: string, headers: Record<string, string>, client: Client): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { origin, pathname } = new URL(url);
    const session = connect(origin, { ...client, ca: selfSigned.cert });
    session.on('error', reject);
    const stream = session.request({ ':path': pathname, ...headers });
    let status = 0;
    let text = '';
    stream.on('response', (fields) => {
      status = fields[':status'] as number;
    });
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    stream.on('end', () => {
      session.close();
      resolve({ status, body: JSON.parse(text) });
    });
  });
}

// Certificates that nobody has signed: the handshake shows that the client has the key, which is what a token is bound to.
const tls = { ...selfSigned, requestCert: true, rejectUnauthorized: false };

const adapters = [
  ['Express over HTTP/1', () => new ExpressAdapter(), overHttp1],
  ['Fastify over HTTP/1', () => new FastifyAdapter({ https: tls }), overHttp1],
  ['Fastify over HTTP/2', () => new FastifyAdapter({ http2: true, https: tls } as object), overHttp2],
] as const;

describe.each(adapters)('tokens that are bound by mutual TLS, on %s', (_, createAdapter, exchange) => {
  let server: TestAuthorizationServer;
  let app: INestApplication;
  let url: string;
  let log: ReturnType<typeof captureLog>;

  beforeAll(async () => {
    log = captureLog();
    server = await createTestAuthorizationServer();
    const { issuer, audience, introspection } = server;
    const testing = await Test.createTestingModule({
      imports: [
        StepUpModule.forRoot({
          metadataAudit: 'off',
          authorizationServers: [{ issuer, audience, introspection, boundTokens: 'accepted' }],
          publicUrl: PUBLIC_URL,
        }),
      ],
      controllers: [handler(RequireAcr('mfa'), UseGuards(AuthGuard('jwt'), AccessTokenGuard))],
    }).compile();
    const adapter = createAdapter();
    app =
      adapter instanceof ExpressAdapter
        ? testing.createNestApplication(adapter, { httpsOptions: tls })
        : testing.createNestApplication(adapter);
    await app.listen(0, '127.0.0.1');
    url = `https://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/`;
  });
  beforeEach(() => void done.mockClear());
  afterAll(async () => {
    await app?.close();
    await server?.close();
    log.restore();
  });

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const refused = (description: string): Answer => ({
    status: 401,
    body: { error: 'invalid_token', error_description: description },
  });

  it.each(['JWT', 'opaque'])(
    'a %s token is accepted with the certificate that it is bound to, and with no other',
    async (kind) => {
      const options = { acr: 'mfa', claims: boundTo(alice.cert) };
      const token = kind === 'JWT' ? await server.accessToken(options) : server.opaqueToken(options);
      const missing = refused('The access token is bound to a client certificate, and none was presented');
      const another = refused('The access token is bound to another client certificate');
      expect(await exchange(url, bearer(token), alice)).toEqual({ status: 200, body: DONE });
      expect(await exchange(url, bearer(token), mallory)).toEqual(another);
      expect(await exchange(url, bearer(token), {})).toEqual(missing);
      // the token was accepted before
      expect(await exchange(url, bearer(token), alice)).toEqual({ status: 200, body: DONE });
      expect(done).toHaveBeenCalledTimes(2);
    },
  );

  it('a header counts nothing without the option', async () => {
    const token = await server.accessToken({ acr: 'mfa', claims: boundTo(alice.cert) });
    const headers = {
      'client-cert': `:${derOf(alice.cert).toString('base64')}:`,
      'x-forwarded-client-cert': `Hash=${createHash('sha256').update(derOf(alice.cert)).digest('hex')}`,
      'x-ssl-client-cert': encodeURIComponent(alice.cert),
    };
    expect(await exchange(url, { ...headers, ...bearer(token) }, {})).toMatchObject({ status: 401 });
    expect(await exchange(url, { ...headers, ...bearer(token) }, mallory)).toMatchObject({ status: 401 });
  });

  it('a token that is bound by the certificate alone is not accepted under DPoP', async () => {
    const token = await server.accessToken({ acr: 'mfa', claims: boundTo(alice.cert) });
    const key = await dpopKey();
    const headers = dpopHeaders(token, key.proof({ token }));
    expect(await exchange(url, headers, alice)).toEqual(refused('The access token is not bound to a key'));
  });

  it('a token that is bound by both needs both', async () => {
    const key = await dpopKey();
    const token = await server.accessToken({
      acr: 'mfa',
      claims: { cnf: { ...key.cnf, 'x5t#S256': thumbprintOf(alice.cert) } },
    });
    const statuses = [];
    for (const [headers, client] of [
      [dpopHeaders(token, key.proof({ token })), alice],
      [dpopHeaders(token, key.proof({ token })), mallory],
      [bearer(token), alice],
      [dpopHeaders(token, (await dpopKey()).proof({ token })), alice],
    ] as const) {
      statuses.push((await exchange(url, headers, client)).status);
    }
    expect(statuses).toEqual([200, 401, 401, 401]);
  });

  it('a bearer token is accepted with and without a certificate', async () => {
    const token = await server.accessToken({ acr: 'mfa' });
    expect(await exchange(url, bearer(token), {})).toEqual({ status: 200, body: DONE });
    expect(await exchange(url, bearer(token), mallory)).toEqual({ status: 200, body: DONE });
  });
});

describeOverHttp('a client certificate in the header of a proxy', ({ serve, accessToken, server, log }) => {
  const hash = (cert: string) => createHash('sha256').update(derOf(cert)).digest('hex');
  const base64 = (cert: string) => derOf(cert).toString('base64');
  const escaped = (cert: string) => encodeURIComponent(cert);

  type Form = NonNullable<StepUpRegisterOptions['clientCertificate']>['form'];
  const forms: Record<Form, { good: ((cert: string) => string)[]; unreadable: ((cert: string) => string)[] }> = {
    rfc9440: {
      good: [(cert) => `:${base64(cert)}:`],
      unreadable: [base64, (cert) => `:${base64(cert)}:, :${base64(cert)}:`, () => '::', () => ':AAAA:', escaped],
    },
    'url-encoded-pem': {
      // AWS leaves some characters as they are
      good: [escaped, (cert) => escaped(cert).replaceAll('%2B', '+').replaceAll('%2F', '/').replaceAll('%3D', '=')],
      unreadable: [
        (cert) => escaped(`${cert}\n${cert}`),
        base64,
        () => '%',
        () => 'garbage',
        (cert) => escaped(cert.slice(0, 100)),
      ],
    },
    'base64-der': {
      good: [base64],
      unreadable: [(cert) => `:${base64(cert)}:`, () => 'AAAA', escaped, (cert) => `${base64(cert)},${base64(cert)}`],
    },
    xfcc: {
      good: [
        (cert) => `Hash=${hash(cert)}`,
        (cert) => `By=spiffe://a/b;Hash=${hash(cert).toUpperCase()};Subject="CN=a,O=\\"b\\";Hash=x";URI=spiffe://c`,
        (cert) => `Subject="";Cert="${escaped(cert)}"`,
        (cert) => `URI=spiffe://a;URI=spiffe://b;hash=${hash(cert)}`,
      ],
      unreadable: [
        // what Envoy appends to what a client has sent
        (cert) => `Hash=${hash(cert)},Hash=${hash(mallory.cert)}`,
        (cert) => `Hash=${hash(mallory.cert)},Hash=${hash(cert)}`,
        (cert) => `Hash=${hash(cert)};Hash=${hash(mallory.cert)}`,
        () => 'By=spiffe://a/b',
        () => 'Hash=abc',
        () => 'garbage',
        (cert) => `Subject="CN=a;Hash=${hash(cert)}`,
        escaped,
      ],
    },
  };

  it.each(Object.keys(forms) as Form[])('in the form %s', async (form) => {
    const { issuer, audience } = server;
    const send = await serve(handler(UseGuards(AccessTokenGuard)), {
      authorizationServers: [{ issuer, audience, boundTokens: { policy: 'accepted', methods: ['mtls'] } }],
      clientCertificate: { header: 'X-Client-Cert', form },
    });
    const token = await accessToken({ claims: boundTo(alice.cert) });
    const answer = async (value?: string | string[]) => {
      const { status, body } = await send({
        token,
        headers: value === undefined ? {} : { 'x-client-cert': value },
      });
      return status === 200 ? 'served' : (body as { error_description: string }).error_description;
    };
    const missing = 'The access token is bound to a client certificate, and none was presented';
    const unreadable = 'The client certificate that was presented is not readable';
    for (const write of forms[form].good) {
      expect(await answer(write(alice.cert))).toBe('served');
      expect(await answer(write(mallory.cert))).toBe('The access token is bound to another client certificate');
    }
    for (const write of forms[form].unreadable) expect(await answer(write(alice.cert))).toBe(unreadable);
    const [good] = forms[form].good as [(cert: string) => string];
    expect(await answer([good(mallory.cert), good(alice.cert)])).toBe(unreadable);
    expect(await answer([good(alice.cert), good(alice.cert)])).toBe(unreadable);
    expect([await answer(), await answer('')]).toEqual([missing, missing]);
    expect(log.join('\n')).not.toContain(hash(alice.cert));
  });

  it('an unbound token is accepted whatever the header says', async () => {
    const { issuer, audience } = server;
    const send = await serve(handler(UseGuards(AccessTokenGuard)), {
      authorizationServers: [{ issuer, audience, boundTokens: { policy: 'accepted', methods: ['mtls'] } }],
      clientCertificate: { header: 'Client-Cert', form: 'rfc9440' },
    });
    expect(await send({ token: await accessToken(), headers: { 'client-cert': 'garbage' } })).toMatchObject({
      status: 200,
    });
  });
});
