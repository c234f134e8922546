/**
 * What the bank refused with: the body of a response, the `extensions` of a GraphQL error, or an exception that came over
 * a socket. All have `error` and what belongs to it; `undefined` if the bank has not refused.
 */
export function refusalIn(body) {
  const extensions = body?.errors?.[0]?.extensions;
  if (extensions !== undefined) {
    const { error = extensions.code, ...rest } = extensions.originalError ?? extensions;
    return { error, ...rest };
  }
  return body?.error === undefined ? undefined : body;
}
