/** The contexts of Nest for messages that have headers. */
interface MessageContext {
  /** NATS. */
  getHeaders?(): unknown;
  /** RabbitMQ and Kafka. */
  getMessage?():
    | { readonly properties?: { readonly headers?: unknown }; readonly headers?: unknown }
    | null
    | undefined;
  /** MQTT 5. */
  getPacket?(): { readonly properties?: { readonly userProperties?: unknown } } | null | undefined;
}

/** Returns whether messages of the transport that a context is of have headers, such as those of NATS, not of TCP. */
export function mayHaveHeaders(context: unknown): boolean {
  const { getHeaders, getMessage, getPacket } = (context ?? {}) as MessageContext;
  return [getHeaders, getMessage, getPacket].some((read) => typeof read === 'function');
}

/** Returns the headers of the message that a context is of; `undefined` for transports without headers. */
export function messageHeadersOf(context: unknown): unknown {
  const of = (context ?? {}) as MessageContext;
  if (typeof of.getHeaders === 'function') return of.getHeaders();
  if (typeof of.getMessage === 'function') {
    const message = of.getMessage();
    return message?.properties?.headers ?? message?.headers;
  }
  return typeof of.getPacket === 'function' ? of.getPacket()?.properties?.userProperties : undefined;
}
