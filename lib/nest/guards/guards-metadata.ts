/** The metadata that Nest's `@UseGuards` leaves on a class or a handler. */
export const GUARDS = '__guards__';
