/**
 * The attributes of measurements and spans. Their values are members of unions, names in the code of the application,
 * requirements and issuers. None contains a subject, a claim set or a token.
 *
 * @see [OpenTelemetry – Naming](https://opentelemetry.io/docs/specs/semconv/general/naming/)
 */
export const ATTRIBUTES = {
  outcome: 'nestjs_step_up.outcome',
  code: 'nestjs_step_up.code',
  reason: 'nestjs_step_up.reason',
  reasons: 'nestjs_step_up.reasons',
  issuer: 'nestjs_step_up.issuer',
  route: 'nestjs_step_up.route',
  transport: 'nestjs_step_up.transport',
  age: 'nestjs_step_up.authentication.age',
  acrValues: 'nestjs_step_up.acr_values',
  maxAge: 'nestjs_step_up.max_age',
  verificationOutcome: 'nestjs_step_up.verification.outcome',
  tokenCacheResult: 'nestjs_step_up.token_cache.result',
  verificationIsKnown: 'nestjs_step_up.verification.known',
} as const;
