/** How much a remark matters: `error` stops something, `warning` may, `note` and `ok` do not. */
export type DiagnosticSeverity = 'error' | 'warning' | 'note' | 'ok';

/**
 * A coded remark for developers about something that the specifications or the application do not allow. Switch on
 * `code`, never on `message`.
 */
export interface Diagnostic<Code extends string = string> {
  /** Stable, such as `max_age_invalid`. */
  readonly code: Code;
  /** The handler, issuer, header or parameter that it is about. */
  readonly subject: string;
  readonly message: string;
  /** The next step. */
  readonly fix?: string | undefined;
  readonly severity?: DiagnosticSeverity | undefined;
}
