import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { publicDirectory } from '../shared/public-directory.js';

const OWN = publicDirectory('authorization-server');
const WEBAUTHN = join(dirname(require.resolve('@simplewebauthn/browser')), '..', 'dist', 'bundle');

/** The files that the pages load, by their fixed paths. */
const FILES: ReadonlyMap<string, { readonly file: string; readonly type: string }> = new Map([
  ['/palette.css', { file: join(publicDirectory('shared'), 'palette.css'), type: 'text/css' }],
  ['/style.css', { file: join(OWN, 'style.css'), type: 'text/css' }],
  ['/passkey.mjs', { file: join(OWN, 'passkey.mjs'), type: 'text/javascript' }],
  // as its package ships it
  ['/vendor/simplewebauthn.js', { file: join(WEBAUTHN, 'index.umd.min.js'), type: 'text/javascript' }],
]);

/** Answers a request for one of the files; `false` for any other. */
export async function servePageFile({ url = '' }: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const found = FILES.get(url);
  if (found === undefined) return false;
  const content = await readFile(found.file);
  const headers = { 'content-type': `${found.type}; charset=utf-8`, 'x-content-type-options': 'nosniff' };
  response.writeHead(200, headers).end(content);
  return true;
}
