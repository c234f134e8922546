import {
  type ParseStepUpChallengeOptions,
  parseStepUpChallenge,
  type StepUpChallenge,
  type StepUpDeviation,
  type StepUpDeviationCode,
} from '../../lib/client/index.js';
import { stepGrowth } from '../support/regexp-steps.js';

const ERROR = 'error="insufficient_user_authentication"';

/** What was read, and what was reported on the way. */
function parse(source: Parameters<typeof parseStepUpChallenge>[0], options: ParseStepUpChallengeOptions = {}) {
  const deviations: StepUpDeviationCode[] = [];
  const challenge = parseStepUpChallenge(source, { ...options, onDeviation: ({ code }) => deviations.push(code) });
  return { challenge, deviations };
}

function refusal(field: string | undefined, { status = 401, type = 'basic' } = {}): Response {
  const response = new Response(null, { status, headers: field === undefined ? {} : { 'WWW-Authenticate': field } });
  return Object.defineProperty(response, 'type', { value: type });
}

describe('parseStepUpChallenge', () => {
  test.each<[string, string | string[], StepUpChallenge]>([
    [
      'C-01 RFC 9470 figure 2',
      `Bearer ${ERROR}, error_description="A different authentication level is required", acr_values="myACR"`,
      { scheme: 'Bearer', acrValues: ['myACR'], errorDescription: 'A different authentication level is required' },
    ],
    [
      'C-01 RFC 9470 figure 3',
      `Bearer ${ERROR}, error_description="More recent authentication is required", max_age="5"`,
      { scheme: 'Bearer', maxAge: 5, errorDescription: 'More recent authentication is required' },
    ],
    ['C-01 neither acr_values nor max_age', `Bearer ${ERROR}`, { scheme: 'Bearer' }],
    ['C-01 max_age of zero', `Bearer ${ERROR}, max_age="0"`, { scheme: 'Bearer', maxAge: 0 }],
    ['C-01 the scheme DPoP', `DPoP ${ERROR}, algs="ES256", max_age=1`, { scheme: 'DPoP', maxAge: 1 }],
    [
      'C-01 everything there is',
      `Bearer realm="api", ${ERROR}, scope="a b", acr_values="phr mfa", max_age="300", resource_metadata="https://a.example/m"`,
      {
        scheme: 'Bearer',
        realm: 'api',
        scope: 'a b',
        acrValues: ['phr', 'mfa'],
        maxAge: 300,
        resourceMetadata: 'https://a.example/m',
      },
    ],
    [
      'C-03 mixed case and whitespace around "="',
      'bEaReR Error = "insufficient_user_authentication" , ACR_Values\t=\t"mfa"',
      { scheme: 'Bearer', acrValues: ['mfa'] },
    ],
    [
      'C-04 quoted pairs',
      `Bearer realm="a\\"b\\\\c", ${ERROR}, acr_values="\\m\\f\\a"`,
      { scheme: 'Bearer', realm: 'a"b\\c', acrValues: ['mfa'] },
    ],
    [
      'C-05 tokens in place of quoted strings',
      'Bearer error=insufficient_user_authentication, acr_values=mfa, max_age=5',
      { scheme: 'Bearer', acrValues: ['mfa'], maxAge: 5 },
    ],
    [
      'C-06 several challenges in one line, commas inside quotes',
      `Basic realm="a, Bearer b", Bearer realm="c, d", ${ERROR}, acr_values="mfa", Digest nonce="x"`,
      { scheme: 'Bearer', realm: 'c, d', acrValues: ['mfa'] },
    ],
    ['C-06 several lines', ['Basic realm="a"', `Bearer ${ERROR}, max_age="1"`], { scheme: 'Bearer', maxAge: 1 }],
    ['C-07 empty list members', `, ,Bearer ${ERROR},, max_age="1",,`, { scheme: 'Bearer', maxAge: 1 }],
    ['C-08 token68 before it', `Negotiate YII=, Bearer ${ERROR}, max_age="1"`, { scheme: 'Bearer', maxAge: 1 }],
    ['C-09 a bare scheme before it', `Bearer, DPoP ${ERROR}, max_age="1"`, { scheme: 'DPoP', maxAge: 1 }],
    ['C-11 unknown parameters', `Bearer ${ERROR}, cc_type="x", max_age="1"`, { scheme: 'Bearer', maxAge: 1 }],
    [
      'C-13 two spaces between values',
      `Bearer ${ERROR}, acr_values=" phr  mfa "`,
      { scheme: 'Bearer', acrValues: ['phr', 'mfa'] },
    ],
    ['C-13 empty acr_values', `Bearer ${ERROR}, acr_values=""`, { scheme: 'Bearer' }],
    ['C-13 only spaces in acr_values', `Bearer ${ERROR}, acr_values="  "`, { scheme: 'Bearer' }],
    ['a comma is part of a value', `Bearer ${ERROR}, acr_values="a,b"`, { scheme: 'Bearer', acrValues: ['a,b'] }],
    [
      'a second challenge of the scheme, with another error',
      `Bearer error="invalid_token", Bearer ${ERROR}, max_age="1"`,
      { scheme: 'Bearer', maxAge: 1 },
    ],
  ])('%s', (_, field, expected) => {
    expect(parse(field)).toEqual({ challenge: expected, deviations: [] });
  });

  test.each<[string, string]>([
    ['C-02 beside another error', 'Bearer error="invalid_token", acr_values="mfa", max_age="5"'],
    ['C-02 without an error', 'Bearer acr_values="mfa", max_age="5"'],
    ['C-02 the error in another case', 'Bearer error="Insufficient_User_Authentication", acr_values="mfa"'],
    ['C-02 insufficient_scope', 'Bearer error="insufficient_scope", scope="a"'],
    ['C-15 inside the realm of another scheme', `Basic realm="x, Bearer ${ERROR.replaceAll('"', '\\"')}, max_age=0"`],
    ['under another scheme', `Basic ${ERROR}, acr_values="mfa"`],
    ['under a scheme that begins like one', `BearerX ${ERROR}, acr_values="mfa"`],
    ['an empty field', ''],
  ])('is none: %s', (_, field) => {
    expect(parse(field)).toEqual({ challenge: undefined, deviations: [] });
  });

  test.each<[string, string, StepUpChallenge | undefined, StepUpDeviationCode[]]>([
    ['C-10 acr_values twice', `Bearer ${ERROR}, acr_values="a", acr_values="b"`, undefined, ['duplicate_parameter']],
    ['C-10 twice in different case', `Bearer ${ERROR}, ERROR="x"`, undefined, ['duplicate_parameter']],
    [
      'C-10 but not the challenge after it',
      `Bearer ${ERROR}, max_age=1, max_age=1, DPoP ${ERROR}, max_age=2`,
      { scheme: 'DPoP', maxAge: 2 },
      ['duplicate_parameter'],
    ],
    ['an unterminated string', `Bearer ${ERROR}, acr_values="mfa`, undefined, ['unreadable']],
    ['an unquoted URN', `Bearer ${ERROR}, acr_values=urn:example:mfa`, undefined, ['unreadable']],
    ['what is no challenge at all', '"', undefined, ['unreadable']],
  ])('discards and reports %s', (_, field, challenge, deviations) => {
    expect(parse(field)).toEqual({ challenge, deviations });
  });

  test.each(['-1', '1.5', '', ' 5', '1e3', '0x10', '9007199254740992'])(
    'C-12 a max_age of %j is ignored and reported, the step-up is not',
    (value) => {
      expect(parse(`Bearer ${ERROR}, acr_values="mfa", max_age="${value}"`)).toEqual({
        challenge: { scheme: 'Bearer', acrValues: ['mfa'] },
        deviations: ['max_age_invalid'],
      });
    },
  );

  test('C-12 the largest safe integer is a max_age', () => {
    expect(parse(`Bearer ${ERROR}, max_age="9007199254740991"`).challenge).toEqual({
      scheme: 'Bearer',
      maxAge: 9007199254740991,
    });
  });

  test.each<['Bearer' | 'DPoP' | undefined, string]>([
    ['DPoP', 'DPoP'],
    ['Bearer', 'Bearer'],
    [undefined, 'Bearer'],
  ])('of several, the scheme of the request is preferred: %s', (scheme, expected) => {
    const field = `Bearer ${ERROR}, max_age=1, dpop ${ERROR}, max_age=1`;
    expect(parse(field, { ...(scheme !== undefined && { scheme }) }).challenge?.scheme).toBe(expected);
  });
});

describe('parseStepUpChallenge: what it takes', () => {
  const field = `Bearer ${ERROR}, acr_values="mfa"`;
  const expected = { scheme: 'Bearer', acrValues: ['mfa'] };

  test.each<[string, Parameters<typeof parseStepUpChallenge>[0]]>([
    ['a response', new Response(null, { status: 401, headers: { 'www-authenticate': field } })],
    ['headers', new Headers({ 'WWW-Authenticate': field })],
    [
      'C-16 headers that join lines',
      new Headers([
        ['WWW-Authenticate', 'Basic realm="a"'],
        ['WWW-Authenticate', field],
      ]),
    ],
    ['a string', field],
    ['C-16 a list of lines', ['Negotiate', field]],
  ])('%s', (_, source) => {
    expect(parse(source)).toEqual({ challenge: expected, deviations: [] });
  });

  test.each([null, undefined, new Headers(), new Response(null, { status: 401 }), [] as string[]])(
    'without a field nothing is found',
    (source) => {
      expect(parse(source)).toEqual({ challenge: undefined, deviations: [] });
    },
  );

  test.each([400, 403, 407])('C-14 a challenge beside status %i is reported', (status) => {
    expect(parse(refusal(field, { status }))).toEqual({ challenge: expected, deviations: ['unusual_status'] });
  });

  test.each([200, 204, 500, 503])('C-14 status %i refuses nothing, so that nothing can be repeated', (status) => {
    expect(parse(refusal(field, { status }))).toEqual({ challenge: undefined, deviations: ['unusual_status'] });
  });

  test('a cross-origin 401 that shows no field names the header that is missing', () => {
    const diagnostics: StepUpDeviation[] = [];
    const response = refusal(undefined, { type: 'cors' });
    expect(parseStepUpChallenge(response, { onDeviation: (found) => diagnostics.push(found) })).toBeUndefined();
    expect(diagnostics).toEqual([
      {
        code: 'header_not_exposed',
        subject: 'WWW-Authenticate',
        message: 'It needs "Access-Control-Expose-Headers: WWW-Authenticate"',
      },
    ]);
  });

  test.each([
    ['same-origin', refusal(undefined)],
    ['a 403', refusal(undefined, { type: 'cors', status: 403 })],
    ['one that shows it', refusal('Bearer realm="api"', { type: 'cors' })],
  ])('no such diagnostic for %s', (_, response) => {
    expect(parse(response).deviations).toEqual([]);
  });
});

describe('parseStepUpChallenge: lenient', () => {
  test.each<[string, string, StepUpChallenge, StepUpDeviationCode[]]>([
    [
      'commas',
      `Bearer ${ERROR}, acr_values="a,b"`,
      { scheme: 'Bearer', acrValues: ['a', 'b'] },
      ['comma_separated_acr_values'],
    ],
    [
      'commas and spaces',
      `Bearer ${ERROR}, acr_values="a, b c"`,
      { scheme: 'Bearer', acrValues: ['a', 'b', 'c'] },
      ['comma_separated_acr_values'],
    ],
    [
      'an unquoted URN',
      `Bearer ${ERROR}, acr_values=urn:a:b, max_age=5`,
      { scheme: 'Bearer', acrValues: ['urn:a:b'], maxAge: 5 },
      ['unquoted_value'],
    ],
    [
      'an unquoted URN at the end',
      `Bearer ${ERROR}, acr_values=urn:a:b`,
      { scheme: 'Bearer', acrValues: ['urn:a:b'] },
      ['unquoted_value'],
    ],
    [
      'an unquoted URN first',
      `Bearer acr_values = urn:a:b, ${ERROR}`,
      { scheme: 'Bearer', acrValues: ['urn:a:b'] },
      ['unquoted_value'],
    ],
    [
      'unquoted URNs after spaces',
      `Bearer ${ERROR}, acr_values=urn:a urn:b, max_age=5`,
      { scheme: 'Bearer', acrValues: ['urn:a', 'urn:b'], maxAge: 5 },
      ['unquoted_value'],
    ],
    [
      'unquoted URNs after commas',
      `Bearer ${ERROR}, acr_values=urn:a,urn:b, max_age=5`,
      { scheme: 'Bearer', acrValues: ['urn:a', 'urn:b'], maxAge: 5 },
      ['unquoted_value', 'comma_separated_acr_values'],
    ],
    [
      'an unquoted URL',
      `Bearer ${ERROR}, resource_metadata=https://a.example/m?x=1, max_age=5`,
      { scheme: 'Bearer', resourceMetadata: 'https://a.example/m?x=1', maxAge: 5 },
      ['unquoted_value'],
    ],
    [
      'a challenge after it',
      `Basic realm=a:b, Bearer ${ERROR}, max_age=5`,
      { scheme: 'Bearer', maxAge: 5 },
      ['unquoted_value'],
    ],
    [
      'a token that needs no quotes',
      `Bearer ${ERROR}, acr_values=mfa, scope=a`,
      { scheme: 'Bearer', acrValues: ['mfa'], scope: 'a' },
      [],
    ],
    [
      'what is correct',
      `Bearer ${ERROR}, acr_values="urn:a urn:b", max_age=5`,
      { scheme: 'Bearer', acrValues: ['urn:a', 'urn:b'], maxAge: 5 },
      [],
    ],
  ])('reads %s and says so', (_, field, challenge, deviations) => {
    expect(parse(field, { lenient: true })).toEqual({ challenge, deviations });
  });

  test.each(['false', 'true', 1, null])('is what true alone asks for, not %j', (lenient) => {
    const separated = parse(`Bearer ${ERROR}, acr_values="a,b"`, { lenient: lenient as never });
    expect(separated.challenge?.acrValues).toEqual(['a,b']);
    expect(parse(`Bearer ${ERROR}, acr_values=urn:a`, { lenient: lenient as never }).challenge).toBeUndefined();
  });

  test.each<[string, string, StepUpDeviationCode[]]>([
    [
      'C-15 a realm that looks like an unquoted value',
      `Basic realm="acr_values=urn:a, Bearer ${ERROR.replaceAll('"', '')}", x=:`,
      ['unreadable'],
    ],
    [
      'C-10 a parameter given twice',
      `Bearer ${ERROR}, acr_values=urn:a, acr_values=urn:b`,
      ['unquoted_value', 'duplicate_parameter'],
    ],
    ['a string without end', `Bearer ${ERROR}, acr_values="urn:a`, ['unreadable']],
  ])('does not read %s', (_, field, deviations) => {
    expect(parse(field, { lenient: true })).toEqual({ challenge: undefined, deviations });
  });

  test.each<[string, (size: number) => string]>([
    ['AT-10 quotes in a string without end', (size) => `"${'\\"'.repeat(size)}`],
    ['AT-10 line breaks in a string without end', (size) => `"${'\\\n"'.repeat(size)}`],
    ['backslashes in a string without end', (size) => `acr_values="${'\\'.repeat(2 * size + 1)}`],
    ['strings', (size) => '""'.repeat(size)],
    ['parameters', (size) => 'scope=urn:a, '.repeat(size)],
    ['a name again and again', (size) => 'acr_values='.repeat(size)],
    ['names without a value', (size) => 'scope '.repeat(size)],
    ['spaces after a name', (size) => `scope${' '.repeat(size)}`],
    ['spaces in place of a value', (size) => `scope=${' '.repeat(size)}"`],
    ['one long value', (size) => `scope=${'a'.repeat(size)}\\`],
    ['further URNs', (size) => `acr_values=a${' a:'.repeat(size)}`],
    ['what is like a further URN', (size) => `acr_values=a ${'scope'.repeat(size)}`],
    ['what is like further URNs', (size) => 'scope=a b'.repeat(size)],
    ['AT-10 escaped quotes outside a string', (size) => '\\"'.repeat(size)],
    ['AT-10 unquoted URNs', (size) => 'acr_values=urn:example:mfa '.repeat(size)],
    ['AT-10 unquoted lists', (size) => 'scope=a:b, c:d '.repeat(size)],
    ['AT-10 names whose value is a name', (size) => 'scope='.repeat(size)],
    ['AT-10 open strings that end in a backslash', (size) => '"a\\'.repeat(size)],
    ['AT-10 commas', (size) => ','.repeat(size)],
  ])('%s: takes steps in proportion to the length of the field', (_, text) => {
    const grows = stepGrowth((size) => {
      const field = `Bearer ${ERROR}, x=:, ${text(size)}`;
      return () => parse(field, { lenient: true });
    });
    expect(grows).toBeLessThan(2.2);
  });

  test.each<[string, number, StepUpDeviationCode[]]>([
    ['up to a mebibyte is read again', 1_000_000, ['unquoted_value']],
    ['above a mebibyte stays unreadable', 1_048_577, ['unreadable']],
  ])('AT-10 a line of %s', (_, length, deviations) => {
    const start = `Bearer ${ERROR}, acr_values=urn:a, realm="`;
    const field = `${start}${'x'.repeat(length - start.length - 1)}"`;
    expect(parse(field, { lenient: true }).deviations).toEqual(deviations);
  });
});

test.each([
  ' ',
  '\u0000',
  'Bearer error',
  `Bearer ${'a='.repeat(1_000)}`,
  '=,=',
  'Bearer =',
  '__proto__',
  'Bearer __proto__="x"',
  'Bearer error=\\',
  '\uD800',
])('never throws on what the network sent: %j', (field) => {
  for (const lenient of [true, false]) expect(parse(field, { lenient }).challenge).toBeUndefined();
});
