import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Ledger } from './ledger.js';
import { invalidTransfer, LIMIT, readTransfer } from './transfer.js';

/** Creates the tools of one customer. Whether a call may run at all has been decided before. */
export function createMcpServer(ledger: Ledger, customer: string): McpServer {
  const server = new McpServer({ name: 'bank', version: '1.0.0' });
  server.registerTool('accounts', { description: 'Lists the accounts of the customer, amounts in cents.' }, () =>
    result({ accounts: ledger.accountsOf(customer) }),
  );
  server.registerTool(
    'transfer',
    {
      description: 'Moves money to another account of this bank.',
      inputSchema: z.object({ from: z.string(), to: z.string(), amount: z.number().describe('cents') }),
    },
    (order) => {
      const transfer = readTransfer(order);
      // what a call has to be judged by is known before it is read: a passkey cannot be asked for by the amount
      if (transfer.amount > LIMIT) throw invalidTransfer('amount', 'is more than a tool may transfer');
      return result(ledger.transfer(customer, transfer));
    },
  );
  return server;
}

function result(value: object): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text: JSON.stringify(value) }] };
}
