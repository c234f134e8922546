import { StepUpConfigurationError } from '../../../lib/core/index.js';
import { serverOfEachTest } from '../json-server.js';
import { INTROSPECTION, introspectingVerifierOf } from '../verification.js';

const cause = new SyntaxError('Cannot use import statement outside a module');
jest.mock('openid-client', () => {
  throw cause;
});

const server = serverOfEachTest();

it.each<[what: string, introspection: object]>([
  ['configured', {}],
  ['discovered', { endpoint: undefined }],
])(
  'without openid-client an opaque token is a wrong configuration, with the next step: an endpoint that is %s',
  async (_, introspection) => {
    server.json('/.well-known/openid-configuration', {
      issuer: server.origin,
      introspection_endpoint: server.origin + INTROSPECTION,
    });
    const error = await Promise.resolve(
      introspectingVerifierOf(server.origin, { introspection }).verify('opaque'),
    ).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StepUpConfigurationError);
    expect(error).toMatchObject({
      message:
        '"introspection" needs openid-client, which cannot be loaded here. It is ESM: let Jest transform openid-client, ' +
        'oauth4webapi and jose (transformIgnorePatterns), or use overrideStepUp() of nestjs-step-up/testing',
      cause,
    });
    expect(server.requests).not.toContain(INTROSPECTION);
  },
);
