import { proxyOf } from '../../lib/token/proxy.js';
import { nestjsStepUp } from './doctor.js';

const SERVER = 'https://as.example';
const PROXY = 'http://user:secret@proxy.example:3128';

describe('field RS-08 with a proxy that is set', () => {
  const DISPATCHER = Symbol.for('undici.globalDispatcher.1');
  const dispatcher: unknown = Reflect.get(globalThis, DISPATCHER);
  let fetched: jest.SpyInstance;
  beforeEach(() => {
    fetched = jest
      .spyOn(globalThis, 'fetch')
      .mockRejectedValue(
        new TypeError('fetch failed', { cause: Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }) }),
      );
  });
  afterEach(() => {
    fetched.mockRestore();
    Object.defineProperty(globalThis, DISPATCHER, { value: dispatcher, writable: true, configurable: true });
  });

  test('a host that is not found is not blamed on its spelling alone', async () => {
    const { exitCode, stderr } = await nestjsStepUp(['doctor', SERVER], { env: { HTTPS_PROXY: PROXY } });
    const { reason } = proxyOf(SERVER, { HTTPS_PROXY: PROXY })!;
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr:
        `nestjs-step-up: ${SERVER} cannot be reached (ENOTFOUND): HTTPS_PROXY is set, and ${reason}; if the server needs no ` +
        'proxy, there is no host of this name: check its spelling\n',
    });
    expect(stderr).not.toContain('secret');
  });

  test('a proxy that is used is to be checked too', async () => {
    Object.defineProperty(globalThis, DISPATCHER, {
      value: { [Symbol('https proxy agent')]: {} },
      writable: true,
      configurable: true,
    });
    const { stderr } = await nestjsStepUp(['doctor', SERVER], { env: { HTTPS_PROXY: PROXY } });
    expect(stderr).toBe(
      `nestjs-step-up: ${SERVER} cannot be reached (ENOTFOUND): it was asked through HTTPS_PROXY: check that proxy too; there ` +
        'is no host of this name: check its spelling\n',
    );
  });

  test('a server that is reached without the proxy earns a note', async () => {
    fetched.mockImplementation(async () => Response.json({ issuer: SERVER }));
    const { stdout } = await nestjsStepUp(['doctor', SERVER, '--json'], { env: { HTTPS_PROXY: PROXY } });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: Record<string, string>[] };
    expect(diagnostics.find(({ code }) => code === 'proxy_unused')).toEqual({
      subject: 'metadata',
      code: 'proxy_unused',
      severity: 'note',
      message: 'HTTPS_PROXY is set, and was not used: requests went to the server directly',
      fix: `${proxyOf(SERVER, { HTTPS_PROXY: PROXY })?.reason}.`,
    });
    expect(stdout).not.toContain('secret');
  });
});
