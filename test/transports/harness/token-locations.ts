// @ts-nocheck: see tokens.ts
// The option `accessToken` of all rows: where the token is in transports without a place for it.

/** TCP and Redis have neither headers nor metadata: the token is in the payload, as docs say. */
export function accessToken(context) {
  const data = context.getType() === 'rpc' ? context.switchToRpc().getData() : undefined;
  return typeof data === 'object' && data !== null ? data.token : undefined;
}
