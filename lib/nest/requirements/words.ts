/**
 * The words of your application for authentication contexts. Augment it, and a misspelt word does not compile. This
 * holds for `@RequireAcr`, requirements functions, `StepUpService`, and the options `requirements`, `acr` and `order`.
 * Default is empty: any string compiles.
 *
 * ```ts
 * declare module 'nestjs-step-up' {
 *   interface StepUpWords { phr: true; mfa: true; pwd: true }
 * }
 *
 * export {};
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications fill it by declaration merging
export interface StepUpWords {}

/** A word of the application. Any string if {@link StepUpWords} is empty. */
export type StepUpWord = keyof StepUpWords extends never ? string : keyof StepUpWords & string;
