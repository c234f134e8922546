import type { OpenAPIObject } from '@nestjs/swagger';
import { INSUFFICIENT_USER_AUTHENTICATION, REASON_DIMENSIONS } from '../core/index.js';
import type { AccessTokenBody, ClaimsChallengeBody, StepUpBody } from '../nest/index.js';

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
type Properties<Body> = Readonly<Record<keyof Body, Schema>>;

const text = { type: 'string' } as const;
const reasons: Schema = { type: 'array', items: { type: 'string', enum: Object.keys(REASON_DIMENSIONS) } };

const stepUp: Properties<StepUpBody> = {
  error: { type: 'string', enum: [INSUFFICIENT_USER_AUTHENTICATION] },
  error_description: text,
  acr_values: { type: 'string', description: 'Separated by spaces, in order of preference.' },
  max_age: { type: 'integer', minimum: 0, description: 'Seconds since the sign-in.' },
  scope: { type: 'string', description: 'Separated by spaces.' },
  reasons: { ...reasons, description: 'What is not met.' },
};

const claims: Properties<ClaimsChallengeBody> = {
  error: { type: 'string', enum: ['insufficient_claims'] },
  error_description: text,
  claims: { type: 'string', description: 'The claims request: JSON in base64.' },
  reasons: { ...reasons, description: 'What is not met.' },
};

const accessToken: Properties<AccessTokenBody> = {
  error: {
    type: 'string',
    enum: [
      'invalid_request',
      'invalid_token',
      'invalid_dpop_proof',
      'use_dpop_nonce',
      'insufficient_scope',
      'access_denied',
      'temporarily_unavailable',
    ],
    description: 'Absent if the request has no access token.',
  },
  error_description: text,
  scope: { type: 'string', description: 'Separated by spaces.' },
  reasons: { ...reasons, description: 'What is not met.' },
  statusCode: { type: 'integer' },
  message: text,
};

/** The bodies of refusals, by the names of their types. */
const SCHEMAS = {
  StepUpBody: {
    type: 'object',
    description: 'A step-up challenge by RFC 9470. The header is authoritative.',
    properties: stepUp,
    required: ['error', 'error_description', 'reasons'],
  },
  ClaimsChallengeBody: {
    type: 'object',
    description: 'The claims challenge of Microsoft Entra. The header is authoritative.',
    properties: claims,
    required: ['error', 'error_description', 'claims', 'reasons'],
  },
  AccessTokenBody: {
    type: 'object',
    description: 'The request is refused for its access token, or because it has none.',
    properties: accessToken,
  },
} satisfies Record<string, Schema>;

export type SchemaName = keyof typeof SCHEMAS;

/** Returns a reference to a schema. Adds it to the document, under another name if the application has taken its own. */
export function reference(document: OpenAPIObject, name: SchemaName): { $ref: string } {
  const schemas = document.components?.schemas ?? {};
  const isFree = (free: string) => !(free in schemas) || schemas[free] === SCHEMAS[name];
  let free: string = name;
  while (!isFree(free)) free = `StepUp${free}`;
  document.components = { ...document.components, schemas: { ...schemas, [free]: SCHEMAS[name] } };
  return { $ref: `#/components/schemas/${free}` };
}
