import { AuthorizationServerUnavailable, fixForNetwork, networkFailure, proxyOf } from '../../lib/token/index.js';

const SERVER = 'https://as.example';
const fixOf = (code: string | undefined, env = {}) => fixForNetwork(code, SERVER, env);
const causedBy = (cause: unknown) => new Error('failed', { cause });
const withCode = (code: unknown, cause?: unknown) => Object.assign(causedBy(cause), { code });

describe('the code of the network failure behind an error', () => {
  const refused = withCode('ECONNREFUSED');
  const unavailable = new AuthorizationServerUnavailable({
    issuer: SERVER,
    code: 'keys_unreadable',
    reason: 'its key document cannot be reached (ECONNREFUSED)',
    retryAfter: 1,
    cause: causedBy(refused),
  });
  test.each<[what: string, error: unknown, code: string | undefined]>([
    ['right behind it', causedBy(refused), 'ECONNREFUSED'],
    ['deeper', causedBy(causedBy(refused)), 'ECONNREFUSED'],
    ['behind a code of the OAuth library', causedBy(withCode('OAUTH_TIMEOUT', refused)), 'ECONNREFUSED'],
    ['behind a code of this package', causedBy(unavailable), 'ECONNREFUSED'],
    ['behind a code that is a number', causedBy(withCode(20, refused)), 'ECONNREFUSED'],
    ['not its own code, which is about a response', withCode('OAUTH_RESPONSE_IS_NOT_JSON'), undefined],
    ['none, with a code of the OAuth library alone', causedBy(withCode('OAUTH_INVALID_RESPONSE')), undefined],
    ['none, without a cause', new Error('is answered with status 500'), undefined],
    ['none, with null as the cause', causedBy(null), undefined],
  ])('%s', (_, error, code) => expect(networkFailure(error)).toBe(code));
});

describe('what to do about a network failure', () => {
  test.each<[codes: (string | undefined)[], fix: string]>([
    [['ENOTFOUND'], 'there is no host of this name: check its spelling'],
    [['EAI_AGAIN'], 'names cannot be resolved: check the network'],
    [['ECONNREFUSED'], 'nothing listens there: check host and port, and whether the server runs'],
    [['ECONNRESET'], 'the connection was closed: check for a proxy or firewall in between'],
    [['UND_ERR_CONNECT_TIMEOUT'], 'there is no response: check for a firewall in between'],
    [['CERT_HAS_EXPIRED'], 'its certificate has expired: have it renewed'],
    [['ERR_TLS_CERT_ALTNAME_INVALID'], 'its certificate is for another host name: check the address'],
    [
      ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'],
      'it does not speak TLS there: check scheme and port',
    ],
    [[undefined, 'EHOSTUNREACH'], 'check the address and the network'],
  ])('%j', (codes, fix) => {
    for (const code of codes) expect(fixOf(code)).toBe(fix);
  });

  describe('field RS-08 if a proxy is meant for the address', () => {
    const DISPATCHER = Symbol.for('undici.globalDispatcher.1');
    const former: unknown = Reflect.get(globalThis, DISPATCHER);
    afterEach(() => void Reflect.set(globalThis, DISPATCHER, former));
    const env = { HTTPS_PROXY: 'http://user:secret@proxy.example:3128' };
    const meaning = 'there is no host of this name: check its spelling';

    test.each<[what: string, dispatcher: object, fix: () => string]>([
      [
        'and not used, it is named first',
        {},
        () => `HTTPS_PROXY is set, and ${proxyOf(SERVER, env)?.reason}; if the server needs no proxy, ${meaning}`,
      ],
      [
        'and used, it is to be checked too',
        { [Symbol('https proxy agent')]: {} },
        () => `it was asked through HTTPS_PROXY: check that proxy too; ${meaning}`,
      ],
    ])('%s', (_, dispatcher, fix) => {
      Reflect.set(globalThis, DISPATCHER, dispatcher);
      expect(fixOf('ENOTFOUND', env)).toBe(fix());
      expect(fixOf('ENOTFOUND', { ...env, NO_PROXY: '*' })).toBe(meaning);
    });
  });

  test.each([
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ])('a certificate that is not trusted is to be named, and its verification to be kept: %s', (code) => {
    expect(fixOf(code)).toBe(
      'its certificate is not trusted: let NODE_EXTRA_CA_CERTS name a PEM file with that certificate, or with the one of ' +
        'its authority; keep the verification on',
    );
  });
});
