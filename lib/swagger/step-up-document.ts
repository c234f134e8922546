import type { INestApplication, Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type OpenAPIObject, type SwaggerDocumentOptions, SwaggerModule } from '@nestjs/swagger';
import { StepUpConfigurationError, show } from '../core/index.js';
import { Admission, STEP_UP_SETTINGS, type StepUpSettings } from '../nest/index.js';
import { MarkedHandlers } from './marked-handlers.js';
import { OperationDescriber } from './operation.js';

/** Options of {@link createStepUpDocument}: those of `SwaggerModule.createDocument()`, and these. */
export interface StepUpDocumentOptions extends SwaggerDocumentOptions {
  /**
   * Name of the security scheme for access tokens. The document gets a scheme of this name, `http` with `bearer`, if
   * `config` has none. Default is `'bearer'`, as for `addBearerAuth()` and `@ApiBearerAuth()`.
   */
  securityScheme?: string | undefined;
}

/**
 * Creates the OpenAPI document of an application, as `SwaggerModule.createDocument()` does, and adds to each operation
 * what it requires by `@RequireAcr`, `@SkipStepUp`, `@Public`, `AccessTokenGuard` and the options of the module:
 * security scheme, 401 with `WWW-Authenticate`, 403, a sentence in its description, and `x-step-up`. What the
 * application says itself of an operation stays. Does not see what code inside a handler requires.
 *
 * Changes neither the application nor its metadata: call it as often as you like. It needs an application that has
 * booted, so give `SwaggerModule.setup()` a function.
 *
 * ```json
 * { "x-step-up": { "access": "required", "words": ["mfa"], "acr_values": ["urn:example:mfa"], "max_age": 300 } }
 * ```
 *
 * @example
 * ```ts
 * const config = new DocumentBuilder().setTitle('Bank').build();
 * SwaggerModule.setup('docs', app, () => createStepUpDocument(app, config));
 * ```
 * @throws StepUpConfigurationError without `StepUpModule`, before the application has booted, and for a
 * `securityScheme` that is not a name
 * @see [OpenAPI – Security Scheme Object](https://spec.openapis.org/oas/v3.0.3#security-scheme-object)
 */
export function createStepUpDocument(
  app: INestApplication,
  config: Omit<OpenAPIObject, 'paths'>,
  { securityScheme = 'bearer', ...options }: StepUpDocumentOptions = {},
): OpenAPIObject {
  // RFC 3986 reserves other characters, and a component of OpenAPI must not have them.
  if (typeof securityScheme !== 'string' || !/^[\w.-]+$/.test(securityScheme)) {
    throw new StepUpConfigurationError(
      `"securityScheme" must be a name of letters, digits, ".", "-" and "_", not ${show(securityScheme)}`,
    );
  }
  const admission = providerOf(app, Admission);
  const settings = providerOf<StepUpSettings>(app, STEP_UP_SETTINGS);
  if (admission.routes.describe().length === 0) {
    throw new StepUpConfigurationError(
      'createStepUpDocument() needs an application that has booted, with a handler: give SwaggerModule.setup() the ' +
        'function () => createStepUpDocument(app, config), or call it after app.init()',
    );
  }
  const describer = new OperationDescriber(settings, admission.routes.vocabularies, securityScheme);
  return MarkedHandlers.inDocument(
    app.get(ModulesContainer),
    () => SwaggerModule.createDocument(app, config, options),
    (operation, { type, handler }, document) => {
      const route = admission.routes.of(type, handler);
      // The boot audit has not seen a handler without triggers, so nothing is known of its guards.
      if (route.description.triggers !== undefined) describer.describe(operation, route, document);
    },
  );
}

function providerOf<T>(app: INestApplication, token: Type<T> | symbol): T {
  try {
    return app.get<T>(token, { strict: false });
  } catch (cause) {
    throw new StepUpConfigurationError(
      'createStepUpDocument() needs StepUpModule; import StepUpModule.forRoot() in the root module of this application',
      { cause },
    );
  }
}
