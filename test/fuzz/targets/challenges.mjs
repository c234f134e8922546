import { expect, expectCleanPrototypes } from './expect.mjs';

const STEP_UP = 'Bearer error="insufficient_user_authentication", acr_values="mfa phr", max_age="300"';

/** The challenge parser, and what a client makes of a field, a body and anything else. */
export const challenges = {
  name: 'challenges',
  seeds: [
    STEP_UP,
    [STEP_UP, 'DPoP algs="ES256 EdDSA"'],
    'Basic realm="a \\"quoted\\" one", charset="UTF-8", Negotiate abc==, , Bearer',
    'Bearer realm=api , error = "invalid_token",scope="a b"',
    { status: 401, headers: { 'www-authenticate': STEP_UP }, data: { error: 'insufficient_user_authentication' } },
    { errors: [{ extensions: { code: 'INSUFFICIENT_USER_AUTHENTICATION', acr_values: 'mfa', max_age: 0 } }] },
    'Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19"',
  ],
  dictionary: [
    ...['Bearer ', 'DPoP ', 'error=', 'acr_values="', 'max_age=', '"', ', ', '=', 'insufficient_user_authentication'],
    ...[
      'status',
      'headers',
      'www-authenticate',
      'response',
      'data',
      'body',
      'errors',
      'extensions',
      'claims',
      'bnVsbA==',
    ],
    ...[401, 403, 200, STEP_UP],
  ],
  prepare(load) {
    const { parseChallenges, formatChallenges } = load('core/index');
    const { parseStepUpChallenge, findStepUpChallenge, authorizationParameters } = load('client/index');
    return (input) => {
      for (const line of [input].flat()) {
        if (typeof line !== 'string') continue;
        checkRoundTrip(line);
        checkChallenge(parseStepUpChallenge(line));
      }
      checkChallenge(findStepUpChallenge(input));
      checkChallenge(findStepUpChallenge(input, { lenient: true }));
      expectCleanPrototypes();
    };

    /** What is read and written again reads the same: nothing is invented, and no value becomes two. */
    function checkRoundTrip(line) {
      const deviations = [];
      const read = parseChallenges(line, { onDeviation: ({ code }) => deviations.push(code) });
      for (const challenge of read) {
        const names = Object.keys(challenge.parameters);
        expect(
          names.every((name) => name === name.toLowerCase()),
          'a name is not in lower case',
        );
        const isAscii = Object.values(challenge.parameters).every((value) => /^[\t\x20-\x7e]*$/.test(value));
        if (!isAscii) continue;
        const again = parseChallenges(formatChallenges([challenge]));
        expect(JSON.stringify(again) === JSON.stringify([challenge]), 'a challenge reads otherwise after formatting');
      }
      const count = line.split(',').length;
      expect(read.length + deviations.length <= count, 'more challenges than members');
    }

    function checkChallenge(challenge) {
      if (challenge === undefined) return;
      const { acrValues, maxAge, scope } = challenge;
      expect(/^(bearer|dpop)$/i.test(challenge.scheme), 'a step-up challenge of another scheme');
      expect(maxAge === undefined || (Number.isSafeInteger(maxAge) && maxAge >= 0), 'maxAge is no number of seconds');
      expect(acrValues === undefined || acrValues.every((value) => /^[^ ]+$/.test(value)), 'an acr value with a space');
      expect(scope === undefined || typeof scope === 'string', 'a scope that is no string');
      const parameters = authorizationParameters(challenge);
      expect(
        Object.values(parameters).every((value) => typeof value === 'string'),
        'a parameter that is no string',
      );
    }
  },
};
