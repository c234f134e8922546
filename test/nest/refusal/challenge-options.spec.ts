import { RequireAcr, type StepUpModuleOptions } from 'nestjs-step-up';
import { adapters, startApplication } from '../../support/application.js';

describe('what cannot stand in a challenge stops the boot', () => {
  const [, createAdapter] = adapters[0];
  const boot = (options: Partial<StepUpModuleOptions>) =>
    startApplication({
      createAdapter,
      controllers: [],
      options: {
        authorizationServers: [{ issuer: 'https://as.example', audience: 'https://api.example' }],
        ...options,
      },
    });

  it.each([
    ['a line break', 'a\r\nb'],
    ['NUL', 'a\0b'],
    ['DEL', 'a\x7fb'],
    ['what is not ASCII', 'é'],
    ['nothing', ''],
  ])('RS-22 a realm with %s', async (_, realm) => {
    await expect(boot({ realm })).rejects.toThrow(
      new TypeError(
        '"realm" and "resourceMetadata" must be printable ASCII: ' +
          '"realm" is empty or has a character that RFC 6750 does not allow',
      ),
    );
  });

  it.each([
    ['no URL', 'metadata'],
    ['a space', 'https://x/y z'],
    ['a quote', 'https://x/y"z'],
  ])('RS-17 a resourceMetadata with %s', async (_, resourceMetadata) => {
    await expect(boot({ resourceMetadata })).rejects.toThrow(TypeError);
    await expect(boot({ resourceMetadata })).rejects.toThrow('"resourceMetadata" must be');
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER + 1, '5', null])(
    'RS-10 a maxAge of %p',
    (maxAge) => {
      expect(() => RequireAcr({ maxAge: maxAge as number })).toThrow(
        new TypeError(
          `@RequireAcr: "maxAge" must be a non-negative integer number of seconds, not ${typeof maxAge === 'string' ? '"5"' : maxAge}`,
        ),
      );
    },
  );

  it.each(['high assurance', 'é', '→', 'a"b', 'a\\b', 'a\r\nb', ''])('RS-20 the acr value %j', (acrValue) => {
    expect(() => RequireAcr(acrValue)).toThrow(
      new TypeError(
        `@RequireAcr: "acrValues" has a value ${JSON.stringify(acrValue)}: ` +
          'printable ASCII without space, quote and backslash is needed',
      ),
    );
  });

  it.each(['a"b', 'a  b', ' a', 'é', 'a\\b', ''])('RS-16 the scope %j', (scope) => {
    expect(() => RequireAcr('mfa', { scope })).toThrow(
      new TypeError(
        `@RequireAcr: "scope" must be scope tokens separated by single spaces, not ${JSON.stringify(scope)}`,
      ),
    );
  });
});
