import type { OpenAPIObject } from '@nestjs/swagger';
import { type AccessTokenBody, AccessTokenException, renderChallenges } from '../nest/index.js';
import { canChallenge, challengeExamples, challengeSchemas } from './challenge-examples.js';
import type { Operation } from './marked-handlers.js';
import type { Described } from './operation.js';
import { reference, type SchemaName } from './schemas.js';

type Responses = Operation['responses'];
type Response = Exclude<NonNullable<Responses[string]>, { $ref: string }>;

interface Refusal {
  readonly description: string;
  /** Examples of `WWW-Authenticate`. Empty if the package does not write the header. */
  readonly challenges: readonly string[];
  /** Absent if the application writes the body. */
  readonly body: Body | undefined;
}

interface Body {
  readonly schemas: readonly object[];
  readonly examples: Readonly<Record<string, { readonly value: object }>>;
}

/**
 * Returns the 401 of an operation: no token, a refused token, and the step-up challenge if anything is required. Keeps
 * what the application says of its 401.
 *
 * ```http
 * HTTP/1.1 401 Unauthorized
 * WWW-Authenticate: Bearer realm="api", error="insufficient_user_authentication", acr_values="urn:example:mfa"
 * ```
 */
export function unauthorized(own: Responses[string], described: Described, document: OpenAPIObject): Responses[string] {
  const { route, settings } = described;
  const steps = canChallenge(described);
  const examples = steps ? challengeExamples(described) : [];
  const schemas: SchemaName[] = [...(steps ? challengeSchemas(settings) : []), 'AccessTokenBody'];
  const { challenge } = renderChallenges(settings, { error: 'invalid_token', errorDescription: EXPIRED });
  const refused = { invalid_token: { value: { error: 'invalid_token', error_description: EXPIRED } } };
  // With a strategy of the application, a plain AuthGuard writes what that strategy says.
  const isOurs = route.description.access !== 'token' || settings.passport === 'register';
  return merged(own, {
    description: steps
      ? 'The access token is missing or refused, or the authentication behind it is not sufficient.'
      : 'The access token is missing or refused.',
    challenges: isOurs ? [...examples.map(({ challenge: value }) => value), challenge] : [],
    body:
      isOurs && settings.exceptionFilter
        ? {
            schemas: schemas.map((schema) => reference(document, schema)),
            examples: {
              ...Object.fromEntries(examples.map(({ name, body }) => [name, { value: body }])),
              ...refused,
              token_missing: { value: AccessTokenException.missing(settings).body },
            },
          }
        : undefined,
  });
}

/** Returns the 403 of an operation with requirements. Keeps what the application says of its 403. */
export function forbidden(own: Responses[string], described: Described, document: OpenAPIObject): Responses[string] {
  const { route, settings } = described;
  const { scope } = route.description.requirements ?? {};
  const impossible = AccessTokenException.stepUpImpossible('client_credentials_token');
  const lacking = scope === undefined ? undefined : AccessTokenException.insufficientScope(scope, settings);
  const bodies: [string, AccessTokenBody][] = [
    ['access_denied', impossible.body],
    ...(lacking === undefined ? [] : [['insufficient_scope', lacking.body] as [string, AccessTokenBody]]),
  ];
  return merged(own, {
    description:
      lacking === undefined
        ? 'No sign-in can make this access token sufficient.'
        : 'The access token lacks a scope, or no sign-in can make it sufficient.',
    challenges: lacking?.challenge === undefined ? [] : [lacking.challenge],
    body: settings.exceptionFilter
      ? {
          schemas: [reference(document, 'AccessTokenBody')],
          examples: Object.fromEntries(bodies.map(([name, value]) => [name, { value }])),
        }
      : undefined,
  });
}

const EXPIRED = 'The access token has expired';

function merged(own: Responses[string], { description, challenges, body }: Refusal): Responses[string] {
  if (own !== undefined && '$ref' in own) return own;
  const header = challenges.length === 0 ? {} : { 'WWW-Authenticate': headerOf(challenges) };
  const isOwnHeader = Object.keys(own?.headers ?? {}).some((name) => name.toLowerCase() === 'www-authenticate');
  const headers = { ...own?.headers, ...(isOwnHeader ? {} : header) };
  const content = own?.content ?? (body && { 'application/json': contentOf(body) });
  return {
    ...own,
    description: own?.description || description,
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(content !== undefined && { content }),
  } as Response;
}

function headerOf(challenges: readonly string[]): object {
  return {
    // Swagger UI shows the description of a header, not its example.
    description: `A challenge, such as \`${challenges[0]}\`.`,
    schema: { type: 'string' },
    example: challenges[0],
  };
}

function contentOf({ schemas, examples }: Body): object {
  return { schema: schemas.length === 1 ? schemas[0] : { oneOf: schemas }, examples };
}
