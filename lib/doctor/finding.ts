/** How much a finding matters: a note is worth knowing, a warning or an error is worth a change. */
export type Level = 'ok' | 'note' | 'warning' | 'error';

/** What a finding is about. */
export type Examined = 'metadata' | 'access_token' | 'sign_in' | 'acr_values' | 'max_age';

/** One thing that was looked at, and what came of it. Texts of the server are in it only as {@link quoted} gives them. */
export interface Finding {
  readonly about: Examined;
  /** Stable: scripts may depend on it. */
  readonly code: string;
  readonly level: Level;
  readonly message: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** Why a server could not be examined, in one sentence. Ends the command with exit code 2. */
export class Fault extends Error {
  override readonly name = 'Fault';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** `1` where a finding asks for a change, `0` otherwise. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 {
  return findings.some(({ level }) => level === 'warning' || level === 'error') ? 1 : 0;
}
