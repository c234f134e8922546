import { bearerChallenge, StepUpConfigurationError, show } from '../core/index.js';

/** @throws StepUpConfigurationError for a value that is none of the choices */
export function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    throw new StepUpConfigurationError(`"${name}" must be ${choices.map((choice) => `'${choice}'`).join(' or ')}`);
  }
}

/** @throws StepUpConfigurationError for a value that is neither true nor false */
export function checkBoolean(name: string, value: unknown): void {
  if (typeof value !== 'boolean') {
    throw new StepUpConfigurationError(`"${name}" must be true or false, not ${show(value)}`);
  }
}

/** @throws StepUpConfigurationError for a realm or URL that no challenge can have */
export function checkRealm(realm: string, resourceMetadata: string | undefined): void {
  try {
    bearerChallenge({ realm, resourceMetadata });
  } catch (error) {
    throw new StepUpConfigurationError(
      `"realm" and "resourceMetadata" must be printable ASCII: ${(error as Error).message}`,
    );
  }
}
