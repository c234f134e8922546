// The one table: what is asked of an authorization server, and what is expected of each that says nothing else. `play`
// gives the outcome as it was observed, and throws where anything beside it is not as it must be.
import boundTokens from './scenarios/bound-tokens.mjs';
import doctor from './scenarios/doctor.mjs';
import freshness from './scenarios/freshness.mjs';
import introspection from './scenarios/introspection.mjs';
import levels from './scenarios/levels.mjs';
import refresh from './scenarios/refresh.mjs';
import stepUp from './scenarios/step-up.mjs';
import tokens from './scenarios/tokens.mjs';
import unmet from './scenarios/unmet.mjs';

export const scenarios = [
  ...stepUp,
  ...unmet,
  ...freshness,
  ...levels,
  ...refresh,
  ...introspection,
  ...tokens,
  ...boundTokens,
  ...doctor,
];
