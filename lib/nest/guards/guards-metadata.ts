/** The metadata key of `@UseGuards`. */
export const GUARDS = '__guards__';
