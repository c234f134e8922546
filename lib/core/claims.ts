/** The claims of a token, or of a user built from them. The type of each member is unknown. */
export type Claims = Readonly<Record<string, unknown>>;
