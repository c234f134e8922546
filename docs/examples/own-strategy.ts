// A Passport strategy of your own verifies the token. The module judges what its validate() returns.
import { Controller, Injectable, Module, Post, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { passportJwtSecret } from 'jwks-rsa';
import { RequireAcr, StepUpModule } from 'nestjs-step-up';
import { ExtractJwt, Strategy } from 'passport-jwt';

const issuer = process.env['STEP_UP_ISSUER'] ?? 'http://127.0.0.1:9000';
const audience = process.env['STEP_UP_AUDIENCE'] ?? 'https://api.example';

interface Claims {
  sub: string;
  iss: string;
  exp: number;
  acr?: string;
  auth_time?: number;
}

@Injectable()
class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: passportJwtSecret({ jwksUri: `${issuer}/jwks`, cache: true }),
      algorithms: ['ES256'],
      issuer,
      audience,
    });
  }

  validate({ sub, iss, exp, acr, auth_time }: Claims) {
    return { id: sub, sub, iss, exp, acr, auth_time }; // without acr and auth_time every request gets 500
  }
}

@Controller('transfers')
class TransfersController {
  @Post()
  @UseGuards(AuthGuard('jwt'))
  @RequireAcr('mfa', { maxAge: 300 })
  transfer() {
    return { done: true };
  }
}

@Module({
  imports: [
    PassportModule,
    StepUpModule.forRoot({
      passport: 'existing',
      // for the words alone: your strategy verifies the tokens
      authorizationServers: [
        {
          issuer,
          audience,
          acr: { phr: 'urn:example:phr', mfa: 'urn:example:mfa', pwd: 'urn:example:pwd' },
          order: ['phr', 'mfa', 'pwd'],
        },
      ],
    }),
  ],
  controllers: [TransfersController],
  providers: [JwtStrategy],
})
export class AppModule {}

async function start() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
  return app;
}

export const application = start();
