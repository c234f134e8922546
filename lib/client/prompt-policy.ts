import type { StepUpChallenge } from './challenge.js';
import { type DeviationListener, report } from './deviation.js';
import { ChallengeRefusedByPolicy } from './errors.js';
import { now } from './now.js';

/** What the application lets an API ask of its users, whatever the API says. */
export interface PromptPolicyOptions {
  /** Values an API may ask for; others are left out, and a challenge with none of these is refused. Default is any. */
  allowedAcrValues?: readonly string[] | undefined;
  /**
   * Least `max_age`, in seconds, at most `86_400`; a smaller one is raised to it, so that a recent sign-in is not asked
   * for again. Default is `0`.
   */
  minMaxAge?: number | undefined;
  /** How often a user may be asked within a minute. Default is `5`. */
  promptsPerMinute?: number | undefined;
  /**
   * Whose prompts are counted together, such as the id of the session. Default is to count all of this instance, which
   * suits a browser; a server with many users needs it.
   */
  user?: (() => string) | undefined;
  /** Told of what the policy changed. Default is to report nothing. */
  onDeviation?: DeviationListener | undefined;
}

const MINUTE = 60;

/** Holds an API to what the application lets it ask. */
export function promptPolicy(options: PromptPolicyOptions) {
  const { allowedAcrValues, minMaxAge = 0, promptsPerMinute = 5 } = options;
  const prompts = new Map<string, number[]>();
  return {
    /**
     * Returns the challenge the user may be asked to answer.
     *
     * @throws ChallengeRefusedByPolicy where none of its acr values is allowed
     */
    restrict(challenge: StepUpChallenge): StepUpChallenge {
      const restricted = { ...challenge };
      const { acrValues, maxAge } = challenge;
      if (acrValues && allowedAcrValues) {
        restricted.acrValues = acrValues.filter((value) => allowedAcrValues.includes(value));
        if (restricted.acrValues.length < acrValues.length) {
          const message = 'It is not all in "allowedAcrValues"';
          report(options, 'acr_value_not_allowed', 'acr_values', message);
        }
        if (restricted.acrValues.length === 0) throw new ChallengeRefusedByPolicy('acr_values_not_allowed', challenge);
      }
      if (maxAge !== undefined && maxAge < minMaxAge) {
        restricted.maxAge = minMaxAge;
        report(options, 'max_age_raised', 'max_age', 'It is below "minMaxAge"');
      }
      return restricted;
    },

    /**
     * Counts one prompt.
     *
     * @throws ChallengeRefusedByPolicy where the user was asked too often within the last minute
     */
    count(challenge: StepUpChallenge): void {
      const since = now() - MINUTE;
      for (const [name, times] of prompts) if (times.at(-1)! <= since) prompts.delete(name);

      const name = options.user?.() ?? '';
      const recent = (prompts.get(name) ?? []).filter((time) => time > since);
      if (recent.length >= promptsPerMinute) throw new ChallengeRefusedByPolicy('too_many_prompts', challenge);
      prompts.set(name, [...recent, now()]);
    },
  };
}
