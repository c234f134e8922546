import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

/**
 * Starts an npm registry that has one package, in a tarball, and redirects to another registry for everything else: so
 * that `nest add` installs the package by its name, as it does after a release.
 */
export async function startRegistry({ tarball, manifest, upstream }) {
  const { name, version } = manifest;
  const file = readFileSync(tarball);
  const server = createServer(({ url = '/', headers }, response) => {
    const path = url.split('?')[0];
    if (path === `/${name}`) {
      const dist = { tarball: `http://${headers.host}/${name}/-/${version}.tgz` };
      const packument = { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(packument));
    } else if (path === `/${name}/-/${version}.tgz`) {
      response.end(file);
    } else {
      response.writeHead(307, { location: new URL(url, upstream).href }).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}
