import type { ExecutionContext } from '@nestjs/common';
import {
  type AuthenticationRequirements,
  checkMembers,
  checkRequirements,
  StepUpConfigurationError,
  show,
} from '../core/index.js';
import {
  type ApplicationWords,
  isHttpRequest,
  PREPARE,
  type Request,
  type RequirementsFunction,
  type StepUpRequirements,
} from '../nest/index.js';
import { calledTools } from './called-tools.js';
import { strictest } from './strictest.js';

/** What each tool requires, by the name of the tool. `false`: the tool requires nothing more than its controller does. */
export type ToolRequirements = Readonly<Record<string, StepUpRequirements | false>>;

export interface RequirementsPerToolOptions {
  /**
   * What a call requires that cannot be told: of a tool that is not listed, without a name, in a body that cannot be
   * read. It also decides for a batch for whose calls no acr value is enough. The smallest `maxAge` and every `scope`
   * of the tools are added. Default is the strictest of what the tools require: the `acrValues` that all of them accept,
   * the smallest `maxAge`, every `scope`.
   */
  otherwise?: StepUpRequirements | undefined;
}

/**
 * Returns a requirements function for a controller that serves MCP over Streamable HTTP: each `tools/call` requires
 * what its tool requires, everything else nothing. A batch requires what all of its calls require together. A call of
 * a tool that is not listed, or that cannot be read, takes the strictest requirements. Reads the parsed body, so that
 * the body parser has to run before the guards, as it does in Nest. Does not look at results, and does not hide tools
 * from `tools/list`.
 *
 * Over HTTP a call that does not meet its requirements is refused before the MCP server sees it:
 *
 * ```http
 * HTTP/1.1 401 Unauthorized
 * WWW-Authenticate: Bearer error="insufficient_user_authentication", acr_values="mfa", max_age="300"
 * ```
 *
 * @example
 * ```ts
 * @Controller('mcp')
 * class McpController {
 *   @Post()
 *   @RequireAcr(requirementsPerTool({ balance: false, transfer: { acrValues: ['mfa'], maxAge: 300 } }))
 *   serve(@Req() request: Request, @Res() response: Response) { … }
 * }
 * ```
 * @throws StepUpConfigurationError for requirements that `@RequireAcr` refuses too, and if no tool requires anything. At
 * boot for a word that no authorization server knows, and for tools that no acr value satisfies together, not even by
 * `order`, if `otherwise` is missing
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 * @see [MCP: authorization](https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization)
 */
export function requirementsPerTool(
  tools: ToolRequirements,
  options: RequirementsPerToolOptions = {},
): RequirementsFunction {
  const perTool = checkTools(tools);
  const given = checkOtherwise(options);
  const prepare = (words: ApplicationWords, where: string): RequirementsFunction => {
    const required = [...perTool.values()].filter(isRequired);
    for (const one of given === undefined ? required : [...required, given]) words.check(one, where);
    const together = (all: readonly AuthenticationRequirements[]) => strictest(all, (list) => words.satisfying(list));
    const otherwise = requirementsOtherwise(required, given, together, where);
    return (context) => {
      const request = context.switchToHttp().getRequest<Request & { readonly body?: unknown }>();
      if (hasNoMessage(request)) return undefined;
      const called = calledTools(request.body).map((tool) => perTool.get(tool as string) ?? otherwise);
      const all = called.filter(isRequired);
      return all.length === 0 ? undefined : ((together(all) ?? otherwise) as StepUpRequirements);
    };
  };
  const withoutOrder: ApplicationWords = { check: () => undefined, satisfying: (acrValues) => acrValues };
  return Object.assign((context: ExecutionContext) => prepare(withoutOrder, 'requirementsPerTool')(context), {
    [PREPARE]: prepare,
  });
}

/** Streamable HTTP carries messages by POST alone: GET opens a stream, and DELETE ends a session. */
const WITHOUT_MESSAGE = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

function hasNoMessage(request: Request & { readonly body?: unknown; readonly method?: unknown }): boolean {
  return isHttpRequest(request) && WITHOUT_MESSAGE.has(request.method as string) && isEmpty(request.body);
}

/** Express 4 gives an empty object if there is no body. */
function isEmpty(body: unknown): boolean {
  return body === undefined || body === null || (typeof body === 'object' && Object.keys(body).length === 0);
}

function isRequired(requirements: AuthenticationRequirements | false): requirements is AuthenticationRequirements {
  return requirements !== false;
}

function checkTools(tools: unknown): ReadonlyMap<string, AuthenticationRequirements | false> {
  if (typeof tools !== 'object' || tools === null || Array.isArray(tools)) {
    throw new StepUpConfigurationError(
      `requirementsPerTool needs an object of requirements by the name of the tool, not ${show(tools)}`,
    );
  }
  const perTool = new Map<string, AuthenticationRequirements | false>();
  for (const [tool, required] of Object.entries(tools as Record<string, unknown>)) {
    perTool.set(tool, required !== false && checkRequirements(required, `requirementsPerTool, tool "${tool}"`));
  }
  if ([...perTool.values()].some(isRequired)) return perTool;
  throw new StepUpConfigurationError('requirementsPerTool: no tool requires anything; give at least one requirements');
}

function checkOtherwise(options: RequirementsPerToolOptions): AuthenticationRequirements | undefined {
  checkMembers(options, ['otherwise'], (member) => `requirementsPerTool has no option "${member}"`);
  const { otherwise } = options;
  return otherwise === undefined ? undefined : checkRequirements(otherwise, 'requirementsPerTool, "otherwise"');
}

function requirementsOtherwise(
  required: readonly AuthenticationRequirements[],
  given: AuthenticationRequirements | undefined,
  together: (all: readonly AuthenticationRequirements[]) => AuthenticationRequirements | undefined,
  where: string,
): AuthenticationRequirements {
  const all = together(required);
  const acrValues = given?.acrValues ?? all?.acrValues;
  if (all === undefined && acrValues === undefined) {
    throw new StepUpConfigurationError(
      `${where}: no acr value is enough for every tool of requirementsPerTool; give the authorization server an ` +
        '"order", or say in "otherwise" which "acrValues" a call requires whose tool is unknown',
    );
  }
  const limits = [...required, ...(given === undefined ? [] : [given])].map(({ acrValues: _, ...others }) => others);
  return Object.freeze({ ...together(limits), ...(acrValues !== undefined && { acrValues }) });
}
