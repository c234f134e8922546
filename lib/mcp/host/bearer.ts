/** Returns the access token that a request carries in its `Authorization` header, by either scheme. */
export function bearerOf(headers: RequestInit['headers']): string | undefined {
  return /^(?:Bearer|DPoP) +(.+)$/i.exec(new Headers(headers).get('authorization') ?? '')?.[1];
}
