import { hasSubscribers, subscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';

const REQUEST = 'http.server.request.start';

// Node closes a connection on which nothing comes for five seconds. On a machine that is busy for so long, a client of a
// test sends its next request at that very moment, and gets ECONNRESET. Servers of this suite close what is idle when they
// are closed themselves.
if (!hasSubscribers(REQUEST)) {
  subscribe(REQUEST, (message) => {
    (message as { server: Server }).server.keepAliveTimeout = 0;
  });
}
