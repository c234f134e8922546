import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, type INestApplication, Post, type Type, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { AuthGuard as PassportGuard, PassportModule } from '@nestjs/passport';
import { Test } from '@nestjs/testing';
import { RequireAcr, type UnmetReason } from 'nestjs-step-up';
import passport from 'passport';
import ts from 'typescript';
import { adapters, logOfEachTest } from '../support/application.js';
import { challenged, internalServerError } from '../support/challenged.js';
import { secondsAgo } from '../support/clock.js';
import { describeOverHttp, type ServedModule } from '../support/describe-over-http.js';
import { DONE, done, handler } from '../support/handler.js';

const page = readFileSync(join(__dirname, '../../docs/own-tokens.md'), 'utf8');

/** Runs the snippet below a heading, and returns what it exports. `given` is what the snippet declares as yours. */
function run<Exports>(heading: string, given: Record<string, unknown> = {}): Exports {
  const [, section = ''] = page.split(new RegExp(`^## ${heading}$`, 'm'));
  const [, source = ''] = /^```ts\n(.*?)^```$/ms.exec(section) ?? [];
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  });
  const exported = {} as Exports;
  new Function('exports', 'require', ...Object.keys(given), outputText)(exported, require, ...Object.values(given));
  return exported;
}

const ALICE = { name: 'alice', password: 'correct horse' };
const secret = 'a secret of the tests, of at least 32 bytes';

/** What the page leaves to the application: alice, with a code that works once and three tries. */
class Users {
  #code: string | undefined = '287082';
  #tries = 3;

  idOf(name: string, password: string): Promise<string | undefined> {
    return Promise.resolve(name === ALICE.name && password === ALICE.password ? 'alice' : undefined);
  }

  hasCode(id: string, code: string): Promise<boolean> {
    const isRight = this.#tries-- > 0 && id === 'alice' && code === this.#code;
    if (isRight) this.#code = undefined;
    return Promise.resolve(isRight);
  }
}

const { AuthGuard } = run<{ AuthGuard: Type }>('The guard');
const { AuthController } = run<{ AuthController: Type }>('Sign-in and step-up', { AuthGuard, Users });
const { AppModule } = run<{ AppModule: Type }>('The module', { AuthGuard, AuthController, Users, secret });

const requireMfa = RequireAcr('mfa', { maxAge: 300 });
const unmet = (...reasons: UnmetReason[]) => challenged({ acrValues: ['mfa'], maxAge: 300, reasons });

const jwts = new JwtService({ secret });
const sign = (claims: object) => jwts.sign({ sub: 'alice', ...claims }, { expiresIn: '60s' });

describe.each(adapters)('the application of docs/own-tokens.md, over %s', (_, createAdapter) => {
  const log = logOfEachTest();
  let app: INestApplication;
  beforeEach(async () => {
    const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = testing.createNestApplication(createAdapter());
    await app.listen(0, '127.0.0.1');
  });
  afterEach(() => app.close());

  const post = async (path: string, token?: string, body: object = {}) => {
    const response = await fetch((await app.getUrl()) + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    const answer = text.startsWith('{')
      ? (JSON.parse(text) as { access_token: string; reasons?: string[] })
      : undefined;
    return { status: response.status, challenge: response.headers.get('www-authenticate'), answer };
  };
  const signIn = async () => (await post('/auth/login', undefined, ALICE)).answer?.access_token as string;
  const stepUp = (code: string, token?: string) => post('/auth/step-up', token, { code });
  const transfer = (token?: string) => post('/transfers', token);
  const clientOf = async (accessToken: string, askForCode: () => Promise<string>) => {
    const api = await app.getUrl();
    const given = { api, session: { accessToken }, askForCode };
    const { apiFetch } = run<{ apiFetch: typeof fetch }>('The client', given);
    return () => apiFetch(`${api}/transfers`, { method: 'POST' });
  };

  it('signs in, challenges the password, steps up by a code, and lets the transfer through', async () => {
    const password = await signIn();
    expect(await transfer(password)).toMatchObject({
      status: 401,
      challenge: expect.stringContaining('acr_values="mfa", max_age="300"'),
      answer: { reasons: ['acr_unmet'] },
    });
    const { status, answer } = await stepUp('287082', password);
    expect(status).toBe(201);
    expect((await transfer(answer?.access_token)).status).toBe(201);
    expect(log.filter((line) => /^\[(?!routes)\w+\] /.test(line))).toEqual([]);
  });

  it('refuses no token, a wrong password, a wrong code, a used code, and a step-up without a token', async () => {
    expect((await transfer()).status).toBe(401);
    expect((await post('/auth/login', undefined, { ...ALICE, password: 'x' })).status).toBe(401);
    const token = await signIn();
    expect((await stepUp('287082')).status).toBe(401);
    expect((await stepUp('000000', token)).status).toBe(403);
    expect((await stepUp('287082', token)).status).toBe(201);
    expect((await stepUp('287082', token)).status).toBe(403);
  });

  it.each<[what: string, token: () => string]>([
    ['another key', () => new JwtService({ secret: `${secret}x` }).sign({ sub: 'alice', acr: 'mfa' })],
    ['another algorithm', () => jwts.sign({ sub: 'alice', acr: 'mfa' }, { algorithm: 'HS512' })],
    ['no signature', () => `${sign({ acr: 'mfa' }).split('.').slice(0, 2).join('.')}.`],
    ['an end that has passed', () => jwts.sign({ sub: 'alice', acr: 'mfa', exp: secondsAgo(60) })],
  ])('its guard refuses a token with %s', async (_, token) => {
    expect(await transfer(token())).toMatchObject({ status: 401, challenge: null });
  });

  it.each<[what: string, claims: () => object, reason: string]>([
    ['a code of ten minutes ago', () => ({ acr: 'mfa', auth_time: secondsAgo(600) }), 'authentication_too_old'],
    ['a new iat alone', () => ({ acr: 'mfa' }), 'auth_time_missing'],
    ['milliseconds', () => ({ acr: 'mfa', auth_time: secondsAgo(5) * 1000 }), 'auth_time_invalid'],
  ])('challenges a token with %s', async (_, claims, reason) => {
    expect(await transfer(sign(claims()))).toMatchObject({ status: 401, answer: { reasons: [reason] } });
  });

  it('its client asks for the code once, and the request passes', async () => {
    const askForCode = jest.fn(() => Promise.resolve('287082'));
    const request = await clientOf(await signIn(), askForCode);
    expect((await request()).status).toBe(201);
    expect((await request()).status).toBe(201);
    expect(askForCode).toHaveBeenCalledTimes(1);
  });

  it.each<[what: string, askForCode: () => Promise<string>, message: RegExp]>([
    ['a wrong code', () => Promise.resolve('000000'), /not accepted: 403/],
    ['a closed dialog', () => Promise.reject(new Error('closed')), /closed/],
  ])('its client rejects after %s', async (_, askForCode, message) => {
    const request = await clientOf(await signIn(), askForCode);
    await expect(request()).rejects.toMatchObject({
      code: 'ERR_STEP_UP_FAILED',
      cause: { message: expect.stringMatching(message) },
    });
  });
});

describeOverHttp('docs/own-tokens.md', ({ serve, log }) => {
  const existing = { passport: 'existing' } as const;

  describe('the Passport recipe', () => {
    const { JwtStrategy } = run<{ JwtStrategy: Type }>('The Passport recipe', { secret });
    afterEach(() => void passport.unuse('jwt'));
    const served = (strategy: Type): ServedModule => ({
      imports: [PassportModule],
      controllers: [handler(requireMfa, UseGuards(PassportGuard('jwt')))],
      providers: [strategy],
    });

    it('is judged by the claims of HS256 tokens', async () => {
      const send = await serve(served(JwtStrategy), existing);
      expect((await send({})).status).toBe(401);
      expect((await send({ token: jwts.sign({ sub: 'alice', acr: 'mfa' }, { algorithm: 'HS512' }) })).status).toBe(401);
      expect(await send({ token: sign({ acr: 'pwd', auth_time: secondsAgo(5) }) })).toEqual(unmet('acr_unmet'));
      expect(await send({ token: sign({ acr: 'mfa', auth_time: secondsAgo(5) }) })).toMatchObject({ body: DONE });
    });

    it('gets 500 with the validate of the recipe, and the log says what it drops', async () => {
      class Recipe extends JwtStrategy {
        validate({ sub }: { sub: string }) {
          return { userId: sub, username: 'alice' };
        }
      }
      const send = await serve(served(Recipe), existing);
      const token = sign({ acr: 'mfa', auth_time: secondsAgo(5) });
      expect(await send({ token })).toEqual(internalServerError());
      expect(log.filter((line) => line.startsWith('[misconfigured]'))).toEqual([expect.stringMatching(/acr/)]);
      expect(done).not.toHaveBeenCalled();
    });
  });

  describe('the order of guards', () => {
    const onBoth = (...decorators: ClassDecorator[]) => {
      @Controller('both')
      class OnBoth {
        @Post()
        handle() {
          return done();
        }
      }
      for (const decorate of decorators.toReversed()) decorate(OnBoth);
      return { path: '/both', method: 'POST', served: { controllers: [OnBoth] } };
    };
    const onClass = (decorator: ClassDecorator, ...decorators: MethodDecorator[]) => {
      const type = handler(...decorators);
      decorator(type);
      return { path: '/', method: 'GET', served: { controllers: [type] } };
    };
    const onHandler = (...decorators: MethodDecorator[]) => ({
      path: '/',
      method: 'GET',
      served: { controllers: [handler(...decorators)] },
    });
    const auth = UseGuards(AuthGuard);
    const orders: [row: RegExp, order: 'right' | 'wrong', { path: string; method: string; served: ServedModule }[]][] =
      [
        [
          /^\| `APP_GUARD`/,
          'right',
          [
            {
              path: '/',
              method: 'GET',
              served: { controllers: [handler(requireMfa)], providers: [{ provide: APP_GUARD, useClass: AuthGuard }] },
            },
            {
              path: '/',
              method: 'GET',
              served: {
                controllers: [handler(requireMfa)],
                configure: (app) => app.useGlobalGuards(new AuthGuard(app.get(JwtService))),
              },
            },
          ],
        ],
        [/on the class, `@RequireAcr` on the handler/, 'right', [onClass(auth, requireMfa)]],
        [/below `@RequireAcr`/, 'right', [onHandler(requireMfa, auth), onBoth(requireMfa, auth)]],
        [/above `@RequireAcr`/, 'wrong', [onHandler(auth, requireMfa), onBoth(auth, requireMfa)]],
        [/on the handler, `@RequireAcr` on the class/, 'wrong', [onClass(requireMfa, auth)]],
      ];
    const rows = page.split('\n').filter((line) => /\| (right|wrong) \|$/.test(line));

    it('is a table of which each row is tried', () => {
      expect(rows).toHaveLength(orders.length);
    });

    it.each(orders)('%s is %s', async (row, order, ways) => {
      expect(rows.filter((line) => row.test(line))).toEqual([expect.stringMatching(new RegExp(`\\| ${order} \\|$`))]);
      for (const { path, method, served } of ways) {
        const before = log.length;
        const send = await serve({ ...served, imports: [JwtModule.register({ global: true, secret })] }, existing);
        const advice = log.slice(before).filter((line) => line.startsWith('[strategy_missing]'));
        const { status } = await send({ path, method, token: sign({ acr: 'mfa', auth_time: secondsAgo(5) }) });
        expect({ status, advice: advice.length }).toEqual(
          order === 'right' ? { status: method === 'POST' ? 201 : 200, advice: 0 } : { status: 500, advice: 1 },
        );
      }
    });
  });
});
