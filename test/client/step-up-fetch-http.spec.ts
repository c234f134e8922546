import { inspect, types } from 'node:util';
import { type StepUpFetchOptions, stepUpFetch } from '../../lib/client/index.js';
import { grants, type HttpAnswer, HttpApi, type HttpRequest, STEP_UP } from './http-api.js';

let api: HttpApi;
let elsewhere: HttpApi;
const stepUp = jest.fn<ReturnType<StepUpFetchOptions['stepUp']>, Parameters<StepUpFetchOptions['stepUp']>>();

beforeEach(async () => {
  stepUp.mockReset().mockResolvedValue('t2');
  api = await new HttpApi().listen();
  elsewhere = await new HttpApi().listen();
});
afterEach(async () => {
  await api?.close();
  await elsewhere?.close();
});

function client(options: Partial<StepUpFetchOptions> = {}) {
  return stepUpFetch({ origins: [api.origin], accessToken: () => 't1', stepUp, ...options });
}

function streamOf(...texts: string[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const text of texts) controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
}

function form(): FormData {
  const data = new FormData();
  data.set('amount', '5');
  data.set('file', new File(['\u0000\u00ff'], 'a.bin'));
  return data;
}

/** What a request says, whatever boundary `fetch` has chosen for the parts of its form. */
function withoutBoundary({ method, path, body, headers }: HttpRequest) {
  const { 'content-type': type, 'content-length': length } = headers;
  const [, boundary] = /boundary=(.+)/.exec(type ?? '') ?? [];
  const without = (text: string | undefined) =>
    boundary === undefined ? text : text?.replaceAll(boundary, '(boundary)');
  return { method, path, body: without(body), type: without(type), length };
}

describe('stepUpFetch over HTTP: the body that is sent again', () => {
  test.each<[string, (url: string) => Parameters<typeof fetch>, RegExp | undefined]>([
    ['none', (url) => [url, { method: 'POST' }], undefined],
    ['an empty string', (url) => [url, { method: 'POST', body: '' }], /^text\/plain;charset=UTF-8$/],
    ['a string', (url) => [url, { method: 'POST', body: '{"a":"ä"}' }], /^text\/plain;charset=UTF-8$/],
    [
      'a string with a type',
      (url) => [url, { method: 'PATCH', body: '{}', headers: { 'content-type': 'application/json' } }],
      /^application\/json$/,
    ],
    ['bytes', (url) => [url, { method: 'PUT', body: new Uint8Array([0, 255, 13, 10]) }], undefined],
    ['a buffer', (url) => [url, { method: 'PUT', body: new Uint8Array([1, 2]).buffer }], undefined],
    ['a Blob', (url) => [url, { method: 'POST', body: new Blob(['x'], { type: 'image/png' }) }], /^image\/png$/],
    [
      'parameters',
      (url) => [url, { method: 'POST', body: new URLSearchParams({ a: 'b c' }) }],
      /^application\/x-www-form-urlencoded/,
    ],
    ['a form', (url) => [url, { method: 'POST', body: form() }], /^multipart\/form-data; boundary=/],
    [
      'a Request',
      (url) => [new Request(url, { method: 'POST', body: '{}', headers: { 'content-type': 'a/b' } })],
      /^a\/b$/,
    ],
    [
      'a Request with a stream',
      (url) => [new Request(url, { method: 'POST', body: streamOf('a', 'b'), duplex: 'half' })],
      undefined,
    ],
    [
      'a Request whose body is replaced',
      (url) => [new Request(url, { method: 'POST', body: 'x' }), { body: 'y' }],
      /^text\/plain/,
    ],
    ['a URL', (url) => [new URL(url), { method: 'DELETE' }], undefined],
  ])('C-57 %s', async (_, parametersFor, type) => {
    const response = await client()(...parametersFor(`${api.origin}/transfers?a=b`));
    expect(await response.text()).toBe('done');
    const [first, second, ...others] = api.requests;
    expect(others).toEqual([]);
    expect(withoutBoundary(second!)).toEqual(withoutBoundary(first!));
    if (type === undefined) expect(first?.headers['content-type']).toBeUndefined();
    else expect(first?.headers['content-type']).toMatch(type);
    expect(api.authorizations).toEqual(['Bearer t1', 'Bearer t2']);
  });

  test('C-57 it is the body of the first time, whatever became of the bytes meanwhile', async () => {
    const body = new TextEncoder().encode('amount=5');
    stepUp.mockImplementation(async () => {
      body.fill(57);
      return 't2';
    });
    await client()(api.origin, { method: 'POST', body });
    expect(api.requests.map((request) => request.body)).toEqual(['amount=5', 'amount=5']);
  });

  test('C-57 and of the form', async () => {
    const body = form();
    stepUp.mockImplementation(async () => {
      body.set('amount', '9999');
      return 't2';
    });
    await client()(api.origin, { method: 'POST', body });
    const [first, second] = api.requests.map((request) => withoutBoundary(request).body);
    expect(first).toContain('name="amount"\r\n\r\n5\r\n');
    expect(second).toBe(first);
  });

  test('a stream is sent once; where it is challenged, nobody is asked in vain', async () => {
    const refused = client()(api.origin, { method: 'POST', body: streamOf('a', 'b'), duplex: 'half' } as RequestInit);
    await expect(refused).rejects.toMatchObject({
      name: 'RequestNotReplayable',
      code: 'ERR_STEP_UP_NOT_REPLAYABLE',
      reason: 'stream',
      challenge: { scheme: 'Bearer', acrValues: ['mfa'] },
    });
    expect(stepUp).not.toHaveBeenCalled();
    expect(api.requests.map(({ body }) => body)).toEqual(['ab']);
  });

  test('a stream that is not challenged arrives', async () => {
    api.answer = grants('t1');
    const response = await client()(api.origin, {
      method: 'POST',
      body: streamOf('a', 'b'),
      duplex: 'half',
    } as RequestInit);
    expect([response.status, api.requests[0]?.body]).toEqual([200, 'ab']);
  });

  const large = 'x'.repeat(100_000);
  const largeForm = new FormData();
  largeForm.set('file', new Blob([large]), 'large.txt');

  test.each<[name: string, body: NonNullable<RequestInit['body']>]>([
    ['a string', large],
    ['a Blob', new Blob([large])],
    ['bytes', new TextEncoder().encode(large)],
    ['a buffer', new TextEncoder().encode(large).buffer as ArrayBuffer],
    ['a form', largeForm],
    ['parameters', new URLSearchParams({ large })],
  ])('field CL-14 %s is sent again whatever its size', async (_, body) => {
    expect((await client({ maxBodySize: 10 })(api.origin, { method: 'POST', body })).status).toBe(200);
    expect(api.requests.map((request) => request.body.includes(large))).toEqual([true, true]);
  });

  const largeRequest = () => new Request(api.origin, { method: 'POST', body: large });

  test('a Request above the limit is not kept: a challenge is an error, and nobody is asked', async () => {
    await expect(client({ maxBodySize: 99_999 })(largeRequest())).rejects.toMatchObject({
      code: 'ERR_STEP_UP_NOT_REPLAYABLE',
      reason: 'body_too_large',
    });
    expect(stepUp).not.toHaveBeenCalled();
    expect(api.requests.map(({ body }) => body.length)).toEqual([100_000]);
  });

  test('a Request above the limit that is not challenged arrives whole', async () => {
    api.answer = grants('t1');
    const response = await client({ maxBodySize: 99_999 })(largeRequest());
    expect([response.status, api.requests[0]?.body === large]).toEqual([200, true]);
  });

  test('a Request of the very limit is sent again', async () => {
    expect((await client({ maxBodySize: 100_000 })(largeRequest())).status).toBe(200);
    expect(api.requests.map(({ body }) => body === large)).toEqual([true, true]);
  });
});

describe('stepUpFetch over HTTP: redirects', () => {
  const redirectTo = (location: string, status = 302) => {
    api.answer = ({ path }, response) => {
      if (path === '/final') response.end('final');
      else response.writeHead(status, { location }).end('moved');
    };
  };

  test.each([301, 302, 303, 307, 308])(
    'a redirect with status %i is refused, with an error that says so',
    async (status) => {
      redirectTo(`${elsewhere.origin}/final`, status);
      const refused = client()(`${api.origin}/old`, { method: 'POST', body: 'secret' });
      await expect(refused).rejects.toMatchObject({ name: 'RedirectRefused', code: 'ERR_STEP_UP_REDIRECT' });
      expect([api.requests.length, elsewhere.requests]).toEqual([1, []]);
    },
  );

  test('also one within the API', async () => {
    redirectTo('/final');
    await expect(client()(`${api.origin}/old`)).rejects.toMatchObject({ code: 'ERR_STEP_UP_REDIRECT' });
  });

  test('the repeated request is not redirected either', async () => {
    api.answer = ({ headers }, response) => {
      if (headers.authorization === 'Bearer t1') response.writeHead(401, STEP_UP).end();
      else response.writeHead(307, { location: elsewhere.origin }).end();
    };
    await expect(client()(api.origin)).rejects.toMatchObject({ code: 'ERR_STEP_UP_REDIRECT' });
    expect(elsewhere.requests).toEqual([]);
  });

  test('without a token redirects are followed as ever', async () => {
    redirectTo('/final');
    const response = await client({ accessToken: () => undefined })(`${api.origin}/old`);
    expect(await response.text()).toBe('final');
  });

  test('a caller who wants to see the redirect sees it', async () => {
    redirectTo('/final');
    const response = await client()(`${api.origin}/old`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/final']);
  });

  test('a caller who wants an error gets that of fetch', async () => {
    redirectTo('/final');
    await expect(client()(`${api.origin}/old`, { redirect: 'error' })).rejects.toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
    });
  });

  test('status 304 is no redirect', async () => {
    api.answer = (_, response) => response.writeHead(304).end();
    expect((await client()(api.origin, { headers: { 'if-none-match': '"x"' } })).status).toBe(304);
  });

  describe('followed where the application says so', () => {
    test('within the API, the token goes along and a challenge counts', async () => {
      api.answer = (request, response) => {
        if (request.path === '/old') response.writeHead(307, { location: '/final' }).end();
        else grants('t2')(request, response);
      };
      const response = await client({ redirect: 'follow' })(`${api.origin}/old`, { method: 'POST', body: 'x' });
      expect(await response.text()).toBe('done');
      expect(api.requests.map(({ path, body, headers }) => [path, body, headers.authorization])).toEqual([
        ['/old', 'x', 'Bearer t1'],
        ['/final', 'x', 'Bearer t1'],
        ['/old', 'x', 'Bearer t2'],
        ['/final', 'x', 'Bearer t2'],
      ]);
    });

    test('elsewhere, the token does not go along and a challenge does not count', async () => {
      redirectTo(elsewhere.origin);
      elsewhere.answer = (_, response) => response.writeHead(401, { ...STEP_UP, 'DPoP-Nonce': 'evil' }).end();
      const response = await client({ redirect: 'follow' })(`${api.origin}/old`);
      expect([response.status, elsewhere.authorizations, stepUp.mock.calls]).toEqual([401, [undefined], []]);
    });
  });
});

describe('stepUpFetch over HTTP: DPoP', () => {
  test('C-60 each attempt has a proof of its own, for its token, address and nonce', async () => {
    let answers = 0;
    api.answer = ({ headers }, response) => {
      answers += 1;
      response.setHeader('DPoP-Nonce', `nonce-${answers}`);
      if (headers.authorization === 'DPoP t2') response.end('done');
      else
        response
          .writeHead(401, {
            'WWW-Authenticate': [
              'Bearer error="insufficient_user_authentication", max_age=1',
              'DPoP algs="ES256", error="insufficient_user_authentication", max_age=2',
            ],
          })
          .end();
    };
    const dpopProof = jest.fn(async ({ accessToken }: { accessToken: string }) => `proof.for.${accessToken}`);
    const response = await client({ dpopProof })(`${api.origin}/transfers?to=bob`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(200);
    const target = { method: 'POST', url: `${api.origin}/transfers` };
    expect(dpopProof.mock.calls).toEqual([
      [{ ...target, accessToken: 't1' }],
      [{ ...target, accessToken: 't2', nonce: 'nonce-1' }],
    ]);
    expect(api.requests.map(({ headers }) => [headers.authorization, headers['dpop']])).toEqual([
      ['DPoP t1', 'proof.for.t1'],
      ['DPoP t2', 'proof.for.t2'],
    ]);
    expect(stepUp.mock.calls[0]?.[0]).toEqual({ scheme: 'DPoP', maxAge: 2 });
  });

  test('a nonce belongs to the origin it came from', async () => {
    api.answer = (_, response) => response.setHeader('DPoP-Nonce', 'api').end();
    const dpopProof = jest.fn((_: { nonce?: string }) => 'proof');
    const request = client({ dpopProof, origins: [api.origin, elsewhere.origin] });
    elsewhere.answer = (_, response) => response.end();
    await request(api.origin);
    await request(elsewhere.origin);
    await request(api.origin);
    expect(dpopProof.mock.calls.map(([{ nonce }]) => nonce)).toEqual([undefined, undefined, 'api']);
  });

  test('a nonce from elsewhere is not taken', async () => {
    api.answer = (_, response) => response.writeHead(302, { location: elsewhere.origin }).end();
    elsewhere.answer = (_, response) => response.setHeader('DPoP-Nonce', 'evil').end();
    const dpopProof = jest.fn((_: { nonce?: string }) => 'proof');
    const request = client({ dpopProof, redirect: 'follow' });
    await request(api.origin);
    await request(api.origin);
    expect(dpopProof.mock.calls.map(([{ nonce }]) => nonce)).toEqual([undefined, undefined]);
  });

  test('a proof that cannot be made rejects the request before it is sent', async () => {
    const failure = new Error('no key');
    await expect(client({ dpopProof: () => Promise.reject(failure) })(api.origin)).rejects.toBe(failure);
    expect(api.requests).toEqual([]);
  });
});

describe('stepUpFetch over HTTP: secrets', () => {
  const secretive = (options: Partial<StepUpFetchOptions> = {}) =>
    client({ accessToken: () => 'secret-1', stepUp: async () => 'secret-2', ...options });

  test.each<[string, HttpAnswer | undefined, () => Promise<unknown>]>([
    ['a loop', undefined, () => secretive()(api.origin)],
    ['a redirect', (_, response) => response.writeHead(302, { location: '/x' }).end(), () => secretive()(api.origin)],
    [
      'a stream',
      undefined,
      () => secretive()(api.origin, { method: 'POST', body: streamOf('x'), duplex: 'half' } as RequestInit),
    ],
    ['a policy', undefined, () => secretive({ allowedAcrValues: ['x'] })(api.origin)],
    ['a connection that breaks', (_, response) => response.destroy(), () => secretive()(api.origin)],
    ['an ill-formed token', undefined, () => secretive({ accessToken: () => 'secret-1\n' })(api.origin)],
  ])('no token is in the error of %s', async (_, answer, attempt) => {
    if (answer !== undefined) api.answer = answer;
    const error = await attempt().catch((thrown: unknown) => thrown);
    expect(types.isNativeError(error)).toBe(true);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/secret-[12]/);
  });
});
