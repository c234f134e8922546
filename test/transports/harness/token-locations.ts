// @ts-nocheck: see tokens.ts
// The option `accessToken` of all rows: where each client of the table puts its token.

const handshakes = new WeakMap();

/** For `handleConnection` of a gateway on platform-ws: Nest hands guards the socket alone. */
export function keepHandshake(client, request) {
  handshakes.set(client, request);
}

/** TCP and Redis have neither headers nor metadata: the token is in the payload, as docs say. */
function inPayload(context) {
  const data = context.getType() === 'rpc' ? context.switchToRpc().getData() : undefined;
  return typeof data === 'object' && data !== null ? data.token : undefined;
}

/** Places that transports have for a token, which the module does not look at by itself. */
function inPlaceOfTransport(context) {
  if (context.getType() === 'graphql') {
    const { connectionParams, req } = context.getArgByIndex(2) ?? {};
    return bearer((connectionParams ?? req?.connectionParams)?.authorization);
  }
  if (context.getType() === 'ws') {
    const client = context.switchToWs().getClient();
    return client.handshake?.auth?.token ?? bearer(handshakes.get(client)?.headers.authorization);
  }
  if (context.getType() === 'rpc') {
    const message = context.switchToRpc().getContext();
    const metadata = message?.get?.('authorization')?.[0];
    const ofNats = message?.getHeaders?.()?.get?.('authorization');
    const ofRabbit = message?.getMessage?.().properties?.headers?.authorization;
    return bearer(metadata ?? ofNats ?? ofRabbit);
  }
  return undefined;
}

function bearer(value) {
  return typeof value === 'string' ? value.replace(/^Bearer /, '') || undefined : undefined;
}

export function accessToken(context) {
  return inPayload(context) ?? inPlaceOfTransport(context);
}
