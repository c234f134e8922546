import { HttpException } from '@nestjs/common';
import type { StepUpErrorCode } from 'nestjs-step-up/client';
import type { StepUpFailure, StepUpFailureCode } from './step-up/index.js';

/** Something that did not work, in words for the user. */
export class Problem extends HttpException {
  constructor(
    status: number,
    readonly title: string,
    readonly text: string,
    options?: { cause: unknown },
  ) {
    super({ statusCode: status, message: title }, status, options);
  }
}

const AS_BEFORE = 'Nothing was transferred, and you are still signed in as before.';

type Told = readonly [status: number, title: string, text: string];

const STEP_UP_PROBLEMS: Partial<Record<StepUpErrorCode, Told>> = {
  ERR_STEP_UP_UNMET: [
    403,
    'You cannot sign in strongly enough',
    `The bank wants a sign-in for this that your account does not offer, such as a second factor. ${AS_BEFORE}`,
  ],
  ERR_STEP_UP_DECLINED: [403, 'You cancelled the sign-in', `You can try again whenever you like. ${AS_BEFORE}`],
  ERR_STEP_UP_LOOP: [
    502,
    'Signing in again does not help',
    'You have just been sent to sign in for this, and the bank asks for the same again. Once more would change nothing: ' +
      `the authorization server or the bank is not set up for this. ${AS_BEFORE}`,
  ],
  ERR_STEP_UP_TIMEOUT: [410, 'That took too long', `What you were about to do was not kept any longer. ${AS_BEFORE}`],
  ERR_STEP_UP_STATE_UNKNOWN: [
    400,
    'This answer is not for you',
    'No sign-in of this session waits for it: it was answered before, took too long, or was begun elsewhere. ' +
      'Nothing was changed.',
  ],
};

/** Returns what the user is told of a step-up that failed. */
export function stepUpProblem(code: StepUpErrorCode): Problem {
  const [status, title, text] = STEP_UP_PROBLEMS[code] ?? [
    502,
    'The sign-in was refused',
    `The authorization server did not let the sign-in go through. ${AS_BEFORE}`,
  ];
  return new Problem(status, title, text);
}

const FAILURES: Record<StepUpFailureCode, Told> = {
  authorization_server_unreachable: [
    503,
    'The authorization server cannot be reached',
    'No sign-in works at the moment. Nothing was transferred, and a user who is signed in stays so. Try again in a moment.',
  ],
  authorization_response_invalid: [
    502,
    'The answer cannot be trusted',
    'The authorization server answered with something that does not belong to this sign-in. Nothing was changed.',
  ],
  user_mismatch: [403, 'Somebody else signed in', `The sign-in was not yours, so it was not used. ${AS_BEFORE}`],
  step_up_unsatisfied: [
    502,
    'The sign-in was not strong enough',
    'You were asked for a stronger sign-in, but the authorization server did not make it one. ' +
      `Asking you again would not help. ${AS_BEFORE}`,
  ],
  confirmation_unknown: [404, 'This transfer is not waiting', 'It was sent before, took too long, or is not yours.'],
};

/** Returns what the user is told of a failure on the way to the authorization server and back. */
export function failureProblem(failure: StepUpFailure): Problem {
  const [status, title, text] = FAILURES[failure.code];
  const reason = failure.outcome === undefined ? '' : ` The reason is ${failure.outcome}.`;
  return new Problem(status, title, text + reason, { cause: failure.cause ?? failure });
}
