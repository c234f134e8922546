import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expectStepUpChallenge } from 'nestjs-step-up/testing';
import request from 'supertest';

const CHALLENGE =
  'Bearer realm="api", error="insufficient_user_authentication", error_description="A different authentication is required", ' +
  'acr_values="phr mfa", max_age="300"';
const EXPECTED = { acrValues: ['phr', 'mfa'], maxAge: 300 };
const answer = (challenge: string | string[], status = 401) => ({ status, headers: { 'www-authenticate': challenge } });
const differenceOf = (act: () => void): string[] => {
  try {
    act();
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  throw new Error('Nothing differs');
};

/** Headers as axios has them: read by a method, without regard to case. */
class AxiosHeaders {
  constructor(private readonly headers: Readonly<Record<string, string>>) {}

  get(name: string): string | undefined {
    return this.headers[name.toLowerCase()];
  }
}

describe('a challenge as expected', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((_, response) => {
      response.writeHead(401, { 'WWW-Authenticate': ['Basic realm="legacy"', CHALLENGE] }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('a challenge as expected passes in a response of fetch', async () => {
    expect(expectStepUpChallenge(await fetch(url), EXPECTED)).toBeUndefined();
  });

  it('a challenge as expected passes in a response of supertest', async () => {
    expect(expectStepUpChallenge(await request(url).get('/'), EXPECTED)).toBeUndefined();
  });

  it.each<[where: string, response: Parameters<typeof expectStepUpChallenge>[0]]>([
    ['of inject()', { statusCode: 401, headers: { 'www-authenticate': CHALLENGE } }],
    ['with one line for each challenge', answer(['Basic realm="legacy"', CHALLENGE])],
    ['with header names as they were written', { status: 401, headers: { 'WWW-Authenticate': CHALLENGE } }],
    ['with a challenge under DPoP', answer(CHALLENGE.replace('Bearer', 'DPoP'))],
    ['with one challenge for each scheme', answer([CHALLENGE, CHALLENGE.replace('Bearer', 'DPoP')])],
    ['of Playwright', { status: () => 401, headers: () => ({ 'www-authenticate': CHALLENGE }) }],
    ['of axios', { status: 401, headers: new AxiosHeaders({ 'www-authenticate': CHALLENGE }) }],
    [
      'that axios has thrown',
      Object.assign(new Error('Request failed with status code 401'), {
        status: 401,
        response: { status: 401, headers: new AxiosHeaders({ 'www-authenticate': CHALLENGE }) },
      }),
    ],
  ])('a challenge as expected passes in a response %s', (_, response) => {
    expect(expectStepUpChallenge(response, EXPECTED)).toBeUndefined();
  });

  it('a challenge as expected passes with a maxAge of 0, a scope and a realm', () => {
    const challenge = 'Bearer realm="bank", error="insufficient_user_authentication", max_age="0", scope="pay"';
    expect(expectStepUpChallenge(answer(challenge), { maxAge: 0, scope: 'pay', realm: 'bank' })).toBeUndefined();
  });
});

describe('what is no response', () => {
  it.each<[what: string, given: unknown, received: string]>([
    ['a promise', Promise.resolve(answer(CHALLENGE)), 'a Promise; await it'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a text', CHALLENGE, 'string'],
    ['the headers of one', { 'www-authenticate': CHALLENGE }, 'an Object with www-authenticate'],
    ['an error without a response', new TypeError('fetch failed'), 'a TypeError: fetch failed'],
    ['an empty object', {}, 'an Object without members'],
  ])('is named: %s', (_, given, received) => {
    const differences = differenceOf(() => expectStepUpChallenge(given as never, EXPECTED));
    expect(differences).toEqual([`This is no response: "status" and "headers" are needed, received ${received}`]);
  });
});

describe('a challenge that differs', () => {
  const none = 'challenge: expected Bearer insufficient_user_authentication, received';

  it.each<[what: string, parameters: Parameters<typeof expectStepUpChallenge>, differences: string[]]>([
    ['the status', [answer(CHALLENGE, 403), EXPECTED], ['status: expected 401, received 403']],
    [
      'an acr value',
      [answer(CHALLENGE), { ...EXPECTED, acrValues: ['mfa'] }],
      ['acr_values: expected "mfa", received "phr mfa"'],
    ],
    [
      'the order of acr values',
      [answer(CHALLENGE), { ...EXPECTED, acrValues: ['mfa', 'phr'] }],
      ['acr_values: expected "mfa phr", received "phr mfa"'],
    ],
    ['max_age', [answer(CHALLENGE), { ...EXPECTED, maxAge: 60 }], ['max_age: expected "60", received "300"']],
    [
      'requirements that are not expected',
      [answer(CHALLENGE), {}],
      ['acr_values: expected none, received "phr mfa"', 'max_age: expected none, received "300"'],
    ],
    [
      'scope and realm',
      [answer(CHALLENGE), { ...EXPECTED, scope: 'pay', realm: 'bank' }],
      ['scope: expected "pay", received none', 'realm: expected "bank", received "api"'],
    ],
    [
      'another error',
      [answer('Bearer realm="api", error="invalid_token"'), EXPECTED],
      [`${none} Bearer invalid_token`],
    ],
    ['no error', [answer('Bearer realm="api"'), EXPECTED], [`${none} Bearer without error`]],
    [
      'another scheme',
      [answer(CHALLENGE.replace('Bearer', 'Basic')), EXPECTED],
      [`${none} Basic insufficient_user_authentication`],
    ],
    [
      'a repeated parameter',
      [answer(`${CHALLENGE}, max_age="60"`), EXPECTED],
      [`${none} a challenge discarded as duplicate_parameter`],
    ],
    ['two challenges', [answer([CHALLENGE, CHALLENGE]), EXPECTED], ['step-up challenges: expected 1, received 2']],
  ])('the message lists what differs: %s', (_, [response, expected], differences) => {
    const [, ...lines] = differenceOf(() => expectStepUpChallenge(response, expected));
    expect(lines.filter((line) => line.startsWith('  '))).toEqual(differences.map((difference) => `  ${difference}`));
  });

  it('the message shows the status and the header', () => {
    expect(differenceOf(() => expectStepUpChallenge({ statusCode: 200, headers: {} }, EXPECTED))).toEqual([
      'The response is not the expected step-up challenge.',
      '  status: expected 401, received 200',
      '  challenge: expected Bearer insufficient_user_authentication, received none',
      'WWW-Authenticate: none',
    ]);
    expect(differenceOf(() => expectStepUpChallenge(answer(['Basic realm="a"', CHALLENGE]), {})).slice(-2)).toEqual([
      'WWW-Authenticate: Basic realm="a"',
      `WWW-Authenticate: ${CHALLENGE}`,
    ]);
  });
});
