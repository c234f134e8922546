// CPU that a server uses for a request, and its throughput: each server a process, the load another, round by round in turn.
import { NodeServer } from './node-server.mjs';
import { inTurn } from './rounds.mjs';
import { FIELDS } from './rows.mjs';
import { WARM_UP } from './statistics.mjs';

/** Runs the servers of Express, or of Fastify, against each other. */
export function http(field, { rounds, requests, warmUpRequests, peers }) {
  return inTurn(
    FIELDS[field].filter(({ isPeer }) => peers || isPeer !== true),
    {
      start: NodeServer.start,
      meter: (server) => server.meter(),
      rounds,
      warmUp: { rounds: WARM_UP, requests: warmUpRequests },
      requests,
    },
  );
}
