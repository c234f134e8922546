/**
 * The words of your application for authentication contexts. Augment it, and a misspelt word does not compile: in
 * `@RequireAcr` and requirements functions, in `StepUpService`, in the options `requirements`, `acr` and `order`.
 *
 * ```ts
 * declare module 'nestjs-step-up' {
 *   interface StepUpWords { mfa: true; phr: true }
 * }
 *
 * export {};
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications fill it by declaration merging
export interface StepUpWords {}

/** A word of the application, or any string as long as {@link StepUpWords} is empty. */
export type StepUpWord = keyof StepUpWords extends never ? string : keyof StepUpWords & string;
