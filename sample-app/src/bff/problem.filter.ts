import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { StepUpError } from 'nestjs-step-up/client';
import type { Inspector } from './inspector/inspector.js';
import { problemPage } from './pages.js';
import { failureProblem, Problem, stepUpProblem } from './problem.js';
import { endSession, signedIn } from './session.js';
import { StepUpFailure } from './step-up/index.js';

/** Answers whatever went wrong with a page that says what that means for the user. */
@Catch()
export class ProblemFilter implements ExceptionFilter<Error> {
  readonly #logger = new Logger('Bff');

  constructor(private readonly inspector: Inspector) {}

  async catch(error: Error, host: ArgumentsHost): Promise<void> {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const problem = problemOf(error);
    const status = problem.getStatus();
    if (status >= 500) this.#logger.warn(`${status} ${problem.title}${causeOf(problem.cause ?? error)}`);
    // A session whose token is refused has ended.
    if (status === 401) await endSession(request);
    const visitor = request.session?.user === undefined ? undefined : this.inspector.visitor(signedIn(request));
    response.status(status).type('html').send(problemPage(problem, visitor));
  }
}

function problemOf(error: Error): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StepUpFailure) return failureProblem(error);
  if (error instanceof StepUpError) return stepUpProblem(error.code);
  if (error instanceof HttpException) {
    const { error_description: reason } = error.getResponse() as { error_description?: string };
    const text = reason ?? 'There is nothing here.';
    return new Problem(error.getStatus(), 'This does not work', `${text}. Nothing was changed.`.replace('..', '.'));
  }
  return new Problem(500, 'Something is broken here', 'Look at your accounts before you try again.', { cause: error });
}

/** What an operator needs; messages may quote what was received. */
function causeOf(error: unknown): string {
  const { name, code, cause } = error as { name?: string; code?: string; cause?: { code?: string } };
  return ` (${[name, code ?? cause?.code].filter((part) => part !== undefined).join(' ')})`;
}
