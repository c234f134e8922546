import type { OpenAPIObject } from '@nestjs/swagger';
import type { AuthenticationRequirements } from '../core/index.js';
import type { Route, StepUpSettings, Vocabularies } from '../nest/index.js';
import { inWords } from './in-words.js';
import type { Operation } from './marked-handlers.js';
import { forbidden, unauthorized } from './responses.js';
import { SecurityRequirements } from './security-requirements.js';

/** What requests of one issuer require, in the strings of that issuer. */
export interface TranslatedAt {
  /** Absent if no authorization server is configured, so that words stand for themselves. */
  readonly issuer?: string;
  readonly requirements: AuthenticationRequirements;
}

/** What a document says of one operation. */
export interface Described {
  readonly route: Route;
  readonly settings: StepUpSettings;
  /** Empty if nothing is required, or if only functions decide. */
  readonly translated: readonly TranslatedAt[];
}

/** The extension of an operation. Members of the protocol have their names on the wire. */
interface StepUpExtension {
  readonly access: string;
  readonly words?: readonly string[];
  readonly acr_values?: readonly string[];
  readonly acr_values_by_issuer?: Readonly<Record<string, readonly string[]>>;
  readonly max_age?: number;
  readonly scope?: string;
  readonly dynamic?: true;
  readonly mode?: 'report';
}

const STEP_UP = 'x-step-up';

/** Describes in operations of documents what requests for them require. */
export class OperationDescriber {
  readonly #security: SecurityRequirements;

  constructor(
    private readonly settings: StepUpSettings,
    private readonly vocabularies: Vocabularies,
    securityScheme: string,
  ) {
    this.#security = new SecurityRequirements(securityScheme);
  }

  /** Adds to an operation what requests for its handler require. Keeps what the application says of it. */
  describe(operation: Operation, route: Route, document: OpenAPIObject): void {
    const { access } = route.description;
    const described = { route, settings: this.settings, translated: this.#translated(route) };
    if (access === 'required' || access === 'skipped' || access === 'token') {
      this.#security.require(operation, document);
      const responses = { ...operation.responses };
      responses['401'] = unauthorized(responses['401'], described, document);
      if (access === 'required') responses['403'] = forbidden(responses['403'], described, document);
      operation.responses = responses;
    } else if (access === 'public' || !route.mayBeGuarded) {
      this.#security.lift(operation, document);
    }
    operation.description = [operation.description, inWords(described)].filter(Boolean).join('\n\n');
    Object.assign(operation, { [STEP_UP]: extensionOf(described) });
  }

  #translated({ description: { requirements } }: Route): TranslatedAt[] {
    if (requirements === undefined) return [];
    if (this.vocabularies.isEmpty) return [{ requirements }];
    const compiled = this.vocabularies.compiled(requirements);
    return this.settings.servers.flatMap(({ issuer }) => {
      const translated = compiled.for(issuer);
      return translated === undefined ? [] : [{ issuer, requirements: translated }];
    });
  }
}

function extensionOf({ route, settings, translated }: Described): StepUpExtension {
  const { access, requirements: { acrValues: words, maxAge, scope } = {}, dynamic } = route.description;
  const byIssuer = translated.flatMap(({ issuer, requirements: { acrValues } }) =>
    issuer !== undefined && acrValues !== undefined ? [[issuer, acrValues] as const] : [],
  );
  // An empty list would say that no string satisfies.
  const isKnown = translated.length > 0 || settings.resolveAuthorizationServer === undefined;
  return {
    access,
    ...(words !== undefined && { words, ...(isKnown && { acr_values: acrValuesOf(translated) }) }),
    ...(byIssuer.length > 1 && { acr_values_by_issuer: Object.fromEntries(byIssuer) }),
    ...(maxAge !== undefined && { max_age: maxAge }),
    ...(scope !== undefined && { scope }),
    ...(dynamic && { dynamic }),
    ...(access === 'required' && settings.mode === 'report' && { mode: settings.mode }),
  };
}

/** Returns the strings of all authorization servers, in order of preference. */
export function acrValuesOf(translated: readonly TranslatedAt[]): readonly string[] {
  return [...new Set(translated.flatMap(({ requirements: { acrValues = [] } }) => acrValues))];
}
