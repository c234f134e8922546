import { X509Certificate } from 'node:crypto';
import {
  type ClientCertificateForm,
  type ClientCertificateOptions,
  checkClientCertificate,
} from '../../../lib/token/proofs/client-certificate.js';
import { clientCertificates } from '../../support/client-certificates.js';
import { refusals } from '../../support/refusals.js';

const { alice, mallory } = clientCertificates;
const { raw: der, fingerprint256 } = new X509Certificate(alice.cert);
const hex = fingerprint256.replaceAll(':', '').toLowerCase();
const DIGEST = Buffer.from(hex, 'hex').toString('base64url');
const base64 = der.toString('base64');
const pem = encodeURIComponent(alice.cert);
const otherHex = new X509Certificate(mallory.cert).fingerprint256.replaceAll(':', '');
const otherBase64 = new X509Certificate(mallory.cert).raw.toString('base64');

/** The digest that is read of a header in a form, or the code of the refusal. */
function read(form: ClientCertificateForm, value: string | string[] | undefined, rawHeaders?: string[]) {
  const digestOf = checkClientCertificate({ header: 'X-Client-Cert', form });
  const request = { headers: { 'x-client-cert': value }, ...(rawHeaders && { rawHeaders }) };
  try {
    return digestOf(request);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const forms: Record<ClientCertificateForm, { good: string[]; unreadable: string[] }> = {
  // RFC 9440 §2.2, RFC 8941 §3.3.5
  rfc9440: {
    good: [`:${base64}:`],
    unreadable: [
      ...[base64, `:${base64}`, `${base64}:`, `x:${base64}:`, `:${base64}:x`, `:${base64}:;a=1`, `: ${base64}:`],
      ...[`:${base64}:, :${otherBase64}:`, `:${base64}===:`, '::', ':AAAA:', ':=:', `:${pem}:`, pem, ' '],
    ],
  },
  'url-encoded-pem': {
    good: [pem, pem.replaceAll('%2B', '+').replaceAll('%2F', '/').replaceAll('%3D', '='), `${pem}%0A`],
    unreadable: [
      ...[
        `${pem}%0A${encodeURIComponent(mallory.cert)}`,
        pem + pem,
        base64,
        '%',
        'garbage',
        pem.slice(0, 100),
        pem.replace('%20', ' %ZZ'),
      ],
      encodeURIComponent(alice.cert.replace('-----BEGIN CERTIFICATE-----', '')),
    ],
  },
  'base64-der': {
    good: [base64],
    unreadable: [
      ...[`:${base64}:`, ` ${base64}`, `${base64} `, `${base64},${otherBase64}`, 'AAAA', '=', `${base64}===`, pem],
    ],
  },
  xfcc: {
    good: [
      ...[`Hash=${hex}`, `hash=${hex.toUpperCase()}`, `HASH="${hex}"`, `By=spiffe://a/b;Hash=${hex};URI=spiffe://c`],
      ...[`Hash=${hex};`, `Subject="CN=a,O=\\"b\\";Hash=${otherHex}";Hash=${hex}`, `Subject="a\\\\";Hash=${hex}`],
      ...[`Cert="${pem}"`, `Cert=${pem}`, `Subject="";cert="${pem}"`, `URI=a;URI=b;Hash=${hex}`, `By=;Hash=${hex}`],
      // Hash counts beside a certificate and a chain
      ...[`Hash=${hex};Cert="garbage"`, `Cert="garbage";Hash=${hex}`, `Chain="${pem}";Hash=${hex}`],
    ],
    unreadable: [
      // what Envoy appends to what a client has sent
      ...[`Hash=${hex},Hash=${otherHex}`, `Hash=${otherHex},Hash=${hex}`, `By=a,Hash=${hex}`, `Hash="${hex}",By=a`],
      ...[`Hash=${hex};Hash=${otherHex}`, `Hash=${hex};hash=${hex}`, `Cert="${pem}";Cert="${pem}"`],
      ...['By=spiffe://a/b', 'Hash=abc', 'Hash=', `Hash=${hex}0`, `Hash=0${hex}`, `Hash=${hex.replace(/^./, 'g')}`],
      ...['garbage', `Hash ${hex}`, `=${hex}`, `;Hash=${hex}`, ` Hash=${hex}`, `1=a;Hash=${hex}`, `Hash=${hex};;`],
      ...[
        `Subject="CN=a;Hash=${hex}`,
        `Subject=CN="a";Hash=${hex}`,
        `Subject="a"b;Hash=${hex}`,
        `Subject="\\";Hash=${hex}`,
      ],
      ...[pem, `Chain="${pem}"`, `Cert="${pem}%0A${encodeURIComponent(mallory.cert)}"`],
    ],
  },
};
const names = Object.keys(forms) as ClientCertificateForm[];

describe('the client certificate that a proxy hands on', () => {
  test.each(names.flatMap((form) => forms[form].good.map((value) => [form, value] as const)))(
    'in the form %s it is read of %j',
    (form, value) => {
      expect(read(form, value)).toBe(DIGEST);
    },
  );

  test.each(names.flatMap((form) => forms[form].unreadable.map((value) => [form, value] as const)))(
    'in the form %s it is not guessed of %j',
    (form, value) => {
      expect(read(form, value)).toBe('certificate_unreadable');
    },
  );

  test.each(names)('in the form %s a header is none that is empty or absent, and refused that is repeated', (form) => {
    const [value] = forms[form].good as [string];
    expect([read(form, undefined), read(form, '')]).toEqual([undefined, undefined]);
    expect(read(form, [value])).toBe('certificate_unreadable');
    expect(read(form, [value, value])).toBe('certificate_unreadable');
    expect(read(form, value, ['X-Client-Cert', value, 'x-client-cert', value])).toBe('certificate_unreadable');
    expect(read(form, value, ['X-Client-Cert', value, 'host', 'a'])).toBe(DIGEST);
  });

  test('the certificate of the connection counts nothing beside the option, nor without headers', () => {
    const digestOf = checkClientCertificate({ header: 'Client-Cert', form: 'rfc9440' });
    const socket = { getPeerX509Certificate: () => new X509Certificate(alice.cert) };
    expect([digestOf({ headers: {}, socket }), digestOf({ socket })]).toEqual([undefined, undefined]);
  });
});

describe('the client certificate of the TLS connection', () => {
  const digestOf = checkClientCertificate(undefined);
  const tls = { getPeerX509Certificate: () => new X509Certificate(alice.cert) };
  const withoutOne = { getPeerX509Certificate: () => undefined };

  test.each<[name: string, request: Parameters<typeof digestOf>[0], digest: string | undefined]>([
    ['of the request', { socket: tls }, DIGEST],
    ['of the Node request of Fastify', { raw: { socket: tls } }, DIGEST],
    ['of the request, and not of another', { socket: withoutOne, raw: { socket: tls } }, undefined],
    ['without a certificate', { socket: withoutOne }, undefined],
    ['without TLS', { socket: {} }, undefined],
    ['that is closed', { socket: null }, undefined],
    ['that is closed, on Fastify', { raw: { socket: null } }, undefined],
    ['of no request', {}, undefined],
    ['whatever a header says', { headers: { 'client-cert': `:${base64}:` }, socket: {} }, undefined],
  ])('%s', (_, request, digest) => {
    expect(digestOf(request)).toBe(digest);
  });
});

describe('the option "clientCertificate"', () => {
  const HEADER = '"clientCertificate.header" must be the name of a header, such as \'Client-Cert\'';
  const FORM = "\"clientCertificate.form\" must be one of 'rfc9440', 'url-encoded-pem', 'base64-der', 'xfcc'";
  const form = 'rfc9440';
  test.each(
    refusals({
      '"clientCertificate" must be an object with "header" and "form"': ['Client-Cert', 5, null],
      '"clientCertificate" has the unknown option "trust"; known are header, form': [
        { header: 'a', form, trust: true },
      ],
      [HEADER]: [
        ...['', ':', 'Client-Cert:', 'Client Cert', ' Client-Cert', 'Client-Cert ', 'Zertifikät', 'a\n', 5, null],
        ...[undefined, ['a']],
      ].map((header) => ({ header, form })),
      [FORM]: ['', 'pem', 'toString', 'RFC9440', 5, null, undefined, ['rfc9440']].map((wrong) => ({
        header: 'Client-Cert',
        form: wrong,
      })),
    }),
  )('%j is refused', (options, message) => {
    expect(() => checkClientCertificate(options as ClientCertificateOptions)).toThrow(new TypeError(message));
  });

  test.each(["!#$%&'*+-.^_`|~09azAZ", 'X-SSL-Client-Cert'])('RFC 9110 §5.1 a header may be named %s', (header) => {
    const digestOf = checkClientCertificate({ header, form });
    expect(digestOf({ headers: { [header.toLowerCase()]: `:${base64}:` } })).toBe(DIGEST);
  });
});
