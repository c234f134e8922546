/** The claims of a token, or of a user made of them. No member is known to be of any type. */
export type Claims = Readonly<Record<string, unknown>>;
