/** What step-ups are counted for. */
export const GRAPHQL = { method: 'POST', path: '/graphql' };

const query = `mutation Transfer($order: TransferInput!) {
  transfer(order: $order) { id from to amount balance }
}`;

/** Sends a transfer by GraphQL. Returns the body: a refusal has status 200 there, and is in `errors`. */
export async function transferByGraphql(order, token, fetch) {
  const response = await fetch(GRAPHQL.path, {
    method: GRAPHQL.method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ operationName: 'Transfer', query, variables: { order } }),
  });
  return response.json();
}
