/** How much a diagnostic weighs. */
export type DiagnosticSeverity = 'error' | 'warning' | 'note' | 'ok';

/**
 * A coded remark for developers: something that is not as the specifications, or the application, want it. Depend on
 * `code`, never on `message`.
 */
export interface Diagnostic<Code extends string = string> {
  /** Stable, such as `max_age_invalid`. */
  readonly code: Code;
  /** What it is about: a handler, an issuer, a header or a parameter. */
  readonly subject: string;
  readonly message: string;
  /** The next step. */
  readonly fix?: string | undefined;
  readonly severity?: DiagnosticSeverity | undefined;
}
