import { Logger } from '@nestjs/common';

/** The log of the package: stable codes in front, each said once for an issuer and a cause, never a token or a claim. */
export class StepUpLog {
  readonly #logger = new Logger('StepUp');
  readonly #said = new Set<string>();

  /** Warns once for each code and subject, such as an issuer or a route. */
  warnOnce(code: string, subject: string, message: string): void {
    const key = `${code} ${subject}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#logger.warn(`[${code}] ${subject}: ${message}`);
  }

  info(code: string, message: string): void {
    this.#logger.log(`[${code}] ${message}`);
  }

  /** For what stops a request with 500: the response stays generic, the developer needs the reason. */
  error(code: string, message: string): void {
    this.#logger.error(`[${code}] ${message}`);
  }
}
