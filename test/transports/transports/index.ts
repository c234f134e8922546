// @ts-nocheck: see ../harness/tokens.ts
import { graphqlTransports } from './graphql';
import { httpTransports } from './http';
import { mcpTransports } from './mcp';
import { rpcTransports } from './rpc';
import { socketTransports } from './sockets';

/**
 * Every way to reach a handler. `create({ guards, ran }, environment, mode)` returns an application whose handler has
 * the decorators `guards` and calls `ran`, and `call(running, token)`, which returns what its client then holds.
 */
export const transports = [
  ...httpTransports,
  ...graphqlTransports,
  ...socketTransports,
  ...rpcTransports,
  ...mcpTransports,
];
