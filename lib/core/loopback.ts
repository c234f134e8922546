/** Returns whether a URL is on loopback: `localhost`, `[::1]` or `127.0.0.0/8`. Resolves no other name. */
export function isLoopback({ hostname }: { readonly hostname: string }): boolean {
  return /^(?:localhost|\[::1\]|127(?:\.\d{1,3}){3})$/.test(hostname);
}
