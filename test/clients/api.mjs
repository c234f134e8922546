// An API that refuses as ours does: over HTTP with a challenge, over GraphQL with extensions and status 200.
import { once } from 'node:events';
import { createServer } from 'node:http';

const ERROR = 'insufficient_user_authentication';

/** Which acr a path asks of a token; `undefined` if the token is good enough. */
function acrFor(path, token = '') {
  if (path === '/never') return 'mfa';
  if (path === '/two') return token.includes('phr') ? undefined : token.includes('mfa') ? 'phr' : 'mfa';
  return /mfa|phr/.test(token) ? undefined : 'mfa';
}

export async function startApi() {
  const received = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    // as an API does that serves pages of other origins
    response.setHeader('access-control-allow-origin', request.headers.origin ?? '*');
    response.setHeader('access-control-allow-headers', 'authorization, content-type');
    response.setHeader('access-control-expose-headers', 'WWW-Authenticate');
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    received.push(body);
    const token = request.headers.authorization?.replace(/^Bearer /, '');
    if (request.url === '/graphql') {
      const path = /(never|two|one)/.exec(body)?.[0];
      const acr = acrFor(`/${path}`, token);
      const extensions = { code: ERROR.toUpperCase(), error: ERROR, acr_values: acr };
      const refused = { data: null, errors: [{ message: 'refused', path: [path], extensions }] };
      response.setHeader('content-type', 'application/json');
      return response.end(JSON.stringify(acr === undefined ? { data: { [path]: 'done' } } : refused));
    }
    const acr = acrFor(request.url, token);
    if (acr === undefined) return response.end('done');
    return response.writeHead(401, { 'www-authenticate': `Bearer error="${ERROR}", acr_values="${acr}"` }).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    received,
    origin: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
