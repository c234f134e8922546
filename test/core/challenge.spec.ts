import {
  type BearerChallengeParameters,
  bearerChallenge,
  checkRequirements,
  formatChallenges,
  INSUFFICIENT_USER_AUTHENTICATION,
  parseChallenges,
} from '../../lib/core/index.js';

const error = INSUFFICIENT_USER_AUTHENTICATION;
const field = (given: BearerChallengeParameters) => formatChallenges([bearerChallenge(given)]);

describe('bearerChallenge', () => {
  test('RS-01 the constant is the error code of RFC 9470 §3', () => {
    expect(INSUFFICIENT_USER_AUTHENTICATION).toBe('insufficient_user_authentication');
  });

  test.each<[what: string, given: BearerChallengeParameters, field: string]>([
    [
      'RS-01 the challenge of RFC 9470 figure 2',
      {
        error,
        errorDescription: 'A different authentication level is required',
        requirements: { acrValues: ['myACR'] },
      },
      'Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="myACR"',
    ],
    [
      'RS-01 the challenge of RFC 9470 figure 3',
      { error, errorDescription: 'More recent authentication is required', requirements: { maxAge: 5 } },
      'Bearer error="insufficient_user_authentication", error_description="More recent authentication is required", max_age="5"',
    ],
    ['RS-04 a realm alone', { realm: 'api' }, 'Bearer realm="api"'],
    [
      'RS-04 a resource_metadata alone',
      { resourceMetadata: 'https://rs.example.com/.well-known/oauth-protected-resource' },
      'Bearer resource_metadata="https://rs.example.com/.well-known/oauth-protected-resource"',
    ],
    [
      'RS-05 a challenge with acr_values and max_age',
      { realm: 'api', error, requirements: { acrValues: ['phr', 'mfa'], maxAge: 300 } },
      'Bearer realm="api", error="insufficient_user_authentication", acr_values="phr mfa", max_age="300"',
    ],
    ['RS-08 an error code alone', { error }, 'Bearer error="insufficient_user_authentication"'],
    [
      'RS-08 an error code with requirements of neither kind',
      { error, requirements: {} },
      'Bearer error="insufficient_user_authentication"',
    ],
    [
      'RS-09 a list of acr values, in its order,',
      { error, requirements: { acrValues: ['z', 'a', 'm'] } },
      'Bearer error="insufficient_user_authentication", acr_values="z a m"',
    ],
    [
      'RS-10 the greatest max_age, in digits,',
      { error, requirements: { maxAge: Number.MAX_SAFE_INTEGER } },
      'Bearer error="insufficient_user_authentication", max_age="9007199254740991"',
    ],
    [
      'RS-11 a max_age of 0, quoted,',
      { error, requirements: { maxAge: 0 } },
      'Bearer error="insufficient_user_authentication", max_age="0"',
    ],
    [
      'RS-07 a scope next to the authentication requirements',
      { error, requirements: { acrValues: ['mfa'] }, scope: 'transfer:write read' },
      'Bearer error="insufficient_user_authentication", acr_values="mfa", scope="transfer:write read"',
    ],
    [
      'RS-12 another error without requirements',
      { realm: 'api', error: 'invalid_token', errorDescription: 'The access token expired' },
      'Bearer realm="api", error="invalid_token", error_description="The access token expired"',
    ],
    [
      'RS-12 insufficient_scope with a scope',
      { realm: 'api', error: 'insufficient_scope', scope: 'transfer:write' },
      'Bearer realm="api", error="insufficient_scope", scope="transfer:write"',
    ],
    ['RS-18 a realm that could be a token, quoted,', { realm: 'a' }, 'Bearer realm="a"'],
    ['RS-19 a realm with quote and backslash', { realm: 'q"uo\\te' }, 'Bearer realm="q\\"uo\\\\te"'],
    [
      'RS-21 a list of URNs and URIs',
      {
        error,
        requirements: {
          acrValues: ['urn:bankid:bid;LOA=4', 'http://idmanagement.gov/ns/assurance/aal/2?phishing_resistant=true'],
        },
      },
      'Bearer error="insufficient_user_authentication", acr_values="urn:bankid:bid;LOA=4 http://idmanagement.gov/ns/assurance/aal/2?phishing_resistant=true"',
    ],
    [
      'RS-27 a challenge with every parameter, in one order,',
      {
        resourceMetadata: 'https://rs.example.com/m',
        scope: 'a',
        requirements: { maxAge: 1, acrValues: ['mfa'] },
        errorDescription: 'More is required',
        error,
        realm: 'api',
      },
      'Bearer realm="api", error="insufficient_user_authentication", error_description="More is required", acr_values="mfa", max_age="1", scope="a", resource_metadata="https://rs.example.com/m"',
    ],
  ])('%s is written and read back', (_, given, expected) => {
    expect(field(given)).toBe(expected);
    expect(parseChallenges(expected)).toEqual([bearerChallenge(given)]);
  });

  const MORE = 'is empty or has a character that RFC 6750 does not allow';
  const ACR = '"acrValues" has an empty value or a character that a scope token does not allow';
  const ONLY_WITH = '"requirements" need the error "insufficient_user_authentication"';
  const EMPTY = 'A Bearer challenge needs at least one parameter';

  test.each<[what: string, given: object, message: string]>([
    ['RS-04 a bare Bearer', {}, EMPTY],
    ['RS-04 a challenge of undefined members', { realm: undefined, error: undefined, scope: undefined }, EMPTY],
    ['RS-12 a requirement next to another error', { error: 'invalid_token', requirements: { maxAge: 5 } }, ONLY_WITH],
    ['RS-12 a requirement without an error', { realm: 'api', requirements: { acrValues: ['mfa'] } }, ONLY_WITH],
    [
      'RS-01 a requirement with the error in another case',
      { error: error.toUpperCase(), requirements: { maxAge: 5 } },
      ONLY_WITH,
    ],
    ['RS-15 a quote in the description', { error, errorDescription: 'needs "MFA"' }, `"error_description" ${MORE}`],
    ['RS-15 a backslash in the description', { error, errorDescription: 'a\\b' }, `"error_description" ${MORE}`],
    ['RS-15 a description beyond ASCII', { error, errorDescription: 'caf\u00e9' }, `"error_description" ${MORE}`],
    ['RS-15 a tab in the description', { error, errorDescription: 'a\tb' }, `"error_description" ${MORE}`],
    ['RS-15 an empty description', { error, errorDescription: '' }, `"error_description" ${MORE}`],
    ['RS-15 a quote in the error', { error: 'a"b' }, `"error" ${MORE}`],
    ['RS-15 an empty error', { error: '' }, `"error" ${MORE}`],
    ['RS-16 a quote in the scope', { realm: 'api', scope: 'a"b' }, `"scope" ${MORE}`],
    ['RS-16 a backslash in the scope', { realm: 'api', scope: 'a\\b' }, `"scope" ${MORE}`],
    ['RS-16 doubled spaces in the scope', { realm: 'api', scope: 'a  b' }, `"scope" ${MORE}`],
    ['RS-16 a trailing space in the scope', { realm: 'api', scope: 'a ' }, `"scope" ${MORE}`],
    ['RS-16 an empty scope', { realm: 'api', scope: '' }, `"scope" ${MORE}`],
    ['RS-17 a space in the URL of the metadata', { resourceMetadata: 'https://x/y z' }, `"resource_metadata" ${MORE}`],
    ['RS-17 a quote in the URL of the metadata', { resourceMetadata: 'https://x/"' }, `"resource_metadata" ${MORE}`],
    ['RS-20 an acr value with a space', { error, requirements: { acrValues: ['high assurance'] } }, ACR],
    ['RS-20 an empty acr value', { error, requirements: { acrValues: ['mfa', ''] } }, ACR],
    ['RS-20 an acr value with a quote', { error, requirements: { acrValues: ['m"fa'] } }, ACR],
    ['RS-20 an acr value beyond ASCII', { error, requirements: { acrValues: ['\u00e9'] } }, ACR],
    ['RS-20 an empty list of acr values', { error, requirements: { acrValues: [] } }, `"acr_values" ${MORE}`],
    ['RS-10 a negative max_age', { error, requirements: { maxAge: -1 } }, `"max_age" ${MORE}`],
    ['RS-10 a fractional max_age', { error, requirements: { maxAge: 1.5 } }, `"max_age" ${MORE}`],
    ['RS-10 a max_age that is not a number', { error, requirements: { maxAge: Number.NaN } }, `"max_age" ${MORE}`],
    ['RS-10 an infinite max_age', { error, requirements: { maxAge: Number.POSITIVE_INFINITY } }, `"max_age" ${MORE}`],
    ['RS-10 a max_age written with an exponent', { error, requirements: { maxAge: 1e21 } }, `"max_age" ${MORE}`],
    ['RS-18 an empty realm', { realm: '' }, `"realm" ${MORE}`],
    ['RS-18 a realm that is not a string', { realm: 5 }, `"realm" ${MORE}`],
    ['RS-18 a realm that is null', { realm: null }, `"realm" ${MORE}`],
    ['RS-22 a line break in the realm', { realm: 'api\r\nSet-Cookie: a=b' }, `"realm" ${MORE}`],
    ['RS-22 a line feed at the end of the realm', { realm: 'api\n' }, `"realm" ${MORE}`],
    ['RS-22 NUL in the realm', { realm: 'a\0' }, `"realm" ${MORE}`],
    ['RS-22 a Latin-1 character in the realm, which Node would let pass,', { realm: '\u00e9' }, `"realm" ${MORE}`],
    ['RS-22 a line feed in the description', { error, errorDescription: 'a\nb' }, `"error_description" ${MORE}`],
    ['RS-22 a line feed in an acr value', { error, requirements: { acrValues: ['mfa\n'] } }, ACR],
    ['RS-22 a line feed in the scope', { realm: 'api', scope: 'a\n' }, `"scope" ${MORE}`],
    ['RS-22 a line feed in the metadata URL', { resourceMetadata: 'https://x/\n' }, `"resource_metadata" ${MORE}`],
  ])('%s is refused', (_, given, message) => {
    const build = () => bearerChallenge(given as BearerChallengeParameters);
    expect(build).toThrow(TypeError);
    expect(build).toThrow(new TypeError(message));
  });

  test('RS-15 a description may have the characters of RFC 6750 §3 and no others', () => {
    const accepted = Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code)).filter((character) => {
      try {
        return bearerChallenge({ error, errorDescription: character }).parameters['error_description'] === character;
      } catch {
        return false;
      }
    });
    const printable = Array.from({ length: 0x5f }, (_, offset) => String.fromCharCode(0x20 + offset));
    expect(accepted).toEqual(printable.filter((character) => character !== '"' && character !== '\\'));
  });

  test.each([
    [{ acrValues: ['phr', 'mfa'], maxAge: 0 }],
    [{ acrValues: ["!#$%&'()*+,-./:;<=>?@[]^_`{|}~"] }],
    [{ maxAge: Number.MAX_SAFE_INTEGER }],
  ])('RS-20 requirements that checkRequirements accepts are written and read back: %j', (requirements) => {
    const { acrValues, maxAge } = checkRequirements(requirements, 'here');
    const [read] = parseChallenges(field({ error, requirements: { acrValues, maxAge } }));
    expect(read?.parameters['acr_values']?.split(' ')).toEqual(acrValues);
    expect(read?.parameters['max_age']).toBe(maxAge?.toString());
  });

  test('bearerChallenge leaves what it was given as it was', () => {
    const given = Object.freeze({ error, requirements: Object.freeze({ acrValues: Object.freeze(['phr', 'mfa']) }) });
    expect(bearerChallenge(given)).not.toBe(bearerChallenge(given));
    expect(given).toEqual({ error, requirements: { acrValues: ['phr', 'mfa'] } });
  });
});

describe('bearerChallenge: a value of the wrong type is never ignored', () => {
  const error = 'insufficient_user_authentication';

  test.each<[what: string, requirements: object]>([
    ['maxAge of null', { maxAge: null }],
    ['maxAge of NaN', { maxAge: Number.NaN }],
    ['acrValues of null', { acrValues: null }],
    ['acrValues of a string', { acrValues: 'mfa' }],
    ['null for all', null as never],
  ])('%s is a TypeError of ours', (_, requirements) => {
    expect(() => bearerChallenge({ error, requirements })).toThrow(/^"(max_age|acrValues|requirements)" /);
  });
});
