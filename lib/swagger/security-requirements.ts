import type { OpenAPIObject } from '@nestjs/swagger';
import type { Operation } from './marked-handlers.js';

type Alternatives = NonNullable<Operation['security']>;

/**
 * The security requirements of operations. Each member of the list is an alternative, and all schemes of an alternative
 * are needed together.
 *
 * @see [OpenAPI – Security Requirement Object](https://spec.openapis.org/oas/v3.0.3#security-requirement-object)
 */
export class SecurityRequirements {
  constructor(private readonly scheme: string) {}

  /** Adds the scheme of access tokens to every alternative without a scheme that carries one. */
  require(operation: Operation, document: OpenAPIObject): void {
    const carriesToken = this.#schemesWithToken(document);
    const alternatives = alternativesOf(operation, document);
    operation.security = (alternatives.length === 0 ? [{}] : alternatives).map((alternative) =>
      Object.keys(alternative).some(carriesToken) ? alternative : { ...alternative, [this.scheme]: [] },
    );
    if (operation.security.some((alternative) => this.scheme in alternative)) this.#define(document);
  }

  /** Removes the schemes that carry an access token. The other schemes of the application stay. */
  lift(operation: Operation, document: OpenAPIObject): void {
    const carriesToken = this.#schemesWithToken(document);
    const alternatives = alternativesOf(operation, document).map((alternative) =>
      Object.fromEntries(Object.entries(alternative).filter(([name]) => !carriesToken(name))),
    );
    const needsNothing = alternatives.some((alternative) => Object.keys(alternative).length === 0);
    operation.security = needsNothing ? [] : alternatives;
  }

  #schemesWithToken({ components }: OpenAPIObject): (name: string) => boolean {
    return (name) => {
      if (name === this.scheme) return true;
      const scheme = components?.securitySchemes?.[name];
      if (scheme === undefined || '$ref' in scheme) return false;
      const isBearer = scheme.type === 'http' && /^(bearer|dpop)$/i.test(scheme.scheme ?? '');
      return isBearer || scheme.type === 'oauth2' || scheme.type === 'openIdConnect';
    };
  }

  #define(document: OpenAPIObject): void {
    const securitySchemes = document.components?.securitySchemes ?? {};
    if (this.scheme in securitySchemes) return;
    const description = 'An access token of the authorization server.';
    const scheme = { type: 'http', scheme: 'bearer', description } as const;
    document.components = { ...document.components, securitySchemes: { ...securitySchemes, [this.scheme]: scheme } };
  }
}

/** Returns what an operation says itself; else what holds for all operations of the document. */
function alternativesOf(operation: Operation, document: OpenAPIObject): Alternatives {
  return operation.security ?? document.security ?? [];
}
