import { createServer } from 'node:http';

const CHALLENGE = 'Bearer error="insufficient_user_authentication", acr_values="mfa", max_age="300"';
const BODY = { error: 'insufficient_user_authentication', acr_values: 'mfa', max_age: 300 };

/**
 * Starts an API that a page of another origin may call. It wants the token `better`, and refuses any other with a
 * challenge: at `/exposed` in a header that the page can read, at `/hidden` in one that it cannot and in the body, at
 * `/bare` in one that it cannot alone.
 */
export async function startApi() {
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', request.headers.origin ?? '*');
    response.setHeader('access-control-allow-headers', 'authorization');
    response.setHeader('content-type', 'application/json');
    if (request.url === '/exposed') response.setHeader('access-control-expose-headers', 'WWW-Authenticate');
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    if (request.headers.authorization === 'Bearer better') return response.end('{}');
    response.writeHead(401, { 'www-authenticate': CHALLENGE });
    return response.end(JSON.stringify(request.url === '/hidden' ? BODY : {}));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
