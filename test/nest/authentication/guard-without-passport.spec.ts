import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  type Type,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { AccessTokenGuard, AcrGuard, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import { challenged, internalServerError } from '../../support/challenged.js';
import { secondsAgo } from '../../support/clock.js';
import { describeOverHttp, type ServedModule } from '../../support/describe-over-http.js';
import { DONE, done, handler, userHandler } from '../../support/handler.js';

const secret = 'a secret of the tests, of at least 32 bytes';

/** The guard of the chapter "Authentication" of Nest's documentation. */
@Injectable()
class AuthGuard implements CanActivate {
  constructor(private readonly jwtService: JwtService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest();
    const [type, token] = request.headers.authorization?.split(' ') ?? [];
    if (type !== 'Bearer' || !token) throw new UnauthorizedException();
    try {
      request['user'] = await this.jwtService.verifyAsync(token);
    } catch {
      throw new UnauthorizedException();
    }
    return true;
  }
}

@Controller('on-the-class')
@UseGuards(AuthGuard)
class OnTheClass {
  @Get()
  @RequireAcr('mfa', { maxAge: 300 })
  handle() {
    return done();
  }
}

@Controller('acr-on-the-class')
@RequireAcr('mfa', { maxAge: 300 })
class AcrOnTheClass {
  @Get()
  @UseGuards(AuthGuard)
  handle() {
    return done();
  }
}

const requireMfa = RequireAcr('mfa', { maxAge: 300 });

describeOverHttp('a guard without Passport', ({ serve, log }) => {
  const jwts = new JwtService({ secret });
  const sign = (claims: object) => jwts.sign({ sub: 1, username: 'john', ...claims }, { expiresIn: '60s' });
  const serveBeside = (served: ServedModule) =>
    serve({ ...served, imports: [JwtModule.register({ global: true, secret })] }, { passport: 'existing' });
  const advised = () => log.filter((line) => line.startsWith('[strategy_missing]'));

  describe.each<[order: string, path: string, served: ServedModule]>([
    ['on the class', '/on-the-class', { controllers: [OnTheClass] }],
    ['below @RequireAcr', '/', { controllers: [handler(requireMfa, UseGuards(AuthGuard))] }],
    [
      'before AcrGuard in one list',
      '/',
      { controllers: [handler(UseGuards(AuthGuard, AcrGuard), requireMfa, UseGuards(AuthGuard))] },
    ],
    [
      'as a global guard',
      '/',
      { controllers: [handler(requireMfa)], providers: [{ provide: APP_GUARD, useClass: AuthGuard }] },
    ],
  ])('%s', (_, path, served) => {
    it('field RS-10 authenticates, and its user is judged', async () => {
      const send = await serveBeside(served);
      expect((await send({ path })).status).toBe(401);
      expect((await send({ path, token: `${sign({})}x` })).status).toBe(401);
      const password = sign({ acr: 'pwd', auth_time: secondsAgo(5) });
      expect(await send({ path, token: password })).toEqual(
        challenged({ acrValues: ['mfa'], maxAge: 300, reasons: ['acr_unmet'] }),
      );
      expect(await send({ path, token: sign({ acr: 'mfa', auth_time: secondsAgo(900) }) })).toEqual(
        challenged({ acrValues: ['mfa'], maxAge: 300, reasons: ['authentication_too_old'] }),
      );
      expect(done).not.toHaveBeenCalled();
      expect(await send({ path, token: sign({ acr: 'mfa', auth_time: secondsAgo(5) }) })).toMatchObject({
        status: 200,
        body: DONE,
      });
      expect(advised()).toEqual([]);
    });

    it('field RS-10 a token as Nest writes it is challenged, and the log says what it lacks', async () => {
      const send = await serveBeside(served);
      expect(await send({ path, token: sign({}) })).toEqual(
        challenged({ acrValues: ['mfa'], maxAge: 300, reasons: ['acr_missing', 'auth_time_missing'] }),
      );
      expect(log.filter((line) => line.startsWith('[acr_and_auth_time_missing]'))).toEqual([
        '[acr_and_auth_time_missing] request.user: neither acr nor auth_time is in the token; the issuer has to put them there, and docs/own-tokens.md says how if this application is the issuer',
      ]);
    });
  });

  describe.each<[order: string, path: string, subject: string, served: ServedModule]>([
    [
      'above @RequireAcr',
      '/',
      'HandlerController.handle',
      { controllers: [handler(UseGuards(AuthGuard), requireMfa)] },
    ],
    [
      'on the handler, with @RequireAcr on the class',
      '/acr-on-the-class',
      'AcrOnTheClass.handle',
      { controllers: [AcrOnTheClass] },
    ],
  ])('%s', (_, path, subject, served) => {
    it('field RS-10 refuses every request, and the boot and the log say how to order the guards', async () => {
      const send = await serveBeside(served);
      expect(advised()).toEqual([
        `[strategy_missing] ${subject}: Passport has no strategy "jwt", and the guards that could authenticate run after AcrGuard: unless ` +
          'middleware puts a user on the request, the answer is 500; let the guard that authenticates run before AcrGuard: on the ' +
          'class, as a global guard, or below @RequireAcr on the handler',
      ]);
      const token = sign({ acr: 'mfa', auth_time: secondsAgo(5) });
      expect(await send({ path, token })).toEqual(internalServerError());
      expect(await send({ path })).toEqual(internalServerError());
      expect(done).not.toHaveBeenCalled();
      expect(log.filter((line) => line.startsWith('[misconfigured]'))).toEqual([
        expect.stringContaining(
          'let a guard that runs before AcrGuard (on the class, or below @RequireAcr) put the user there',
        ),
      ]);
    });
  });

  it.each<[what: string, first: Type<CanActivate>[]]>([
    ['before', [AuthGuard, AccessTokenGuard]],
    ['alone', [AuthGuard]],
  ])('field RS-10 a numeric sub is a user like any other: %s AccessTokenGuard', async (_, guards) => {
    const send = await serveBeside({ controllers: [userHandler(SkipStepUp(), UseGuards(...guards))] });
    const response = await send({ token: sign({ acr: 'pwd' }) });
    expect(response).toMatchObject({ status: 200, body: { user: { sub: 1, username: 'john' } } });
  });

  it('field RS-10 a user whom a later guard replaces is refused, also with a numeric sub', async () => {
    const other: CanActivate = {
      canActivate(context) {
        context.switchToHttp().getRequest().user = { sub: 2, acr: 'mfa', auth_time: secondsAgo(1) };
        return true;
      },
    };
    const send = await serveBeside({ controllers: [handler(UseGuards(other), requireMfa, UseGuards(AuthGuard))] });
    expect((await send({ token: sign({ acr: 'mfa', auth_time: secondsAgo(5) }) })).status).toBe(500);
    expect(done).not.toHaveBeenCalled();
  });

  it('field RS-10 a guard that lets everybody pass leaves the handler to nobody', async () => {
    const optional: CanActivate = { canActivate: () => true };
    const send = await serveBeside({ controllers: [handler(requireMfa, UseGuards(optional))] });
    expect(await send()).toEqual(internalServerError());
    expect(done).not.toHaveBeenCalled();
  });
});
