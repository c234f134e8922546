import type { ExecutionContext } from '@nestjs/common';
import {
  type AuthenticationRequirements,
  checkMembers,
  checkRequirements,
  StepUpConfigurationError,
  show,
} from '../core/index.js';
import {
  isHttpRequest,
  POSSIBLE_REQUIREMENTS,
  type Request,
  type RequirementsFunction,
  type StepUpRequirements,
} from '../nest/index.js';
import { calledTools, UNREADABLE } from './called-tools.js';
import { strictest } from './strictest.js';

/** What each tool requires, by the name of the tool. `false`: the tool requires nothing more than its controller does. */
export type ToolRequirements = Readonly<Record<string, StepUpRequirements | false>>;

export interface RequirementsPerToolOptions {
  /**
   * What a call requires that cannot be told: of a tool that is not listed, without a name, in a body that cannot be
   * read. It also decides for a batch whose calls have no acr value in common. The smallest `maxAge` and every `scope`
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
 * @throws StepUpConfigurationError for requirements that `@RequireAcr` refuses too, for no tool with a requirement,
 * and for tools without an acr value in common if `otherwise` is missing
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 * @see [MCP: authorization](https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization)
 */
export function requirementsPerTool(
  tools: ToolRequirements,
  options: RequirementsPerToolOptions = {},
): RequirementsFunction {
  const perTool = checkTools(tools);
  const otherwise = requirementsOtherwise([...perTool.values()].filter(isRequired), options);
  const decide = (context: ExecutionContext): StepUpRequirements | undefined => {
    const request = context.switchToHttp().getRequest<Request & { readonly body?: unknown }>();
    if (hasNoMessage(request)) return undefined;
    const required = calledTools(request.body).map((tool) =>
      tool === UNREADABLE ? otherwise : (perTool.get(tool) ?? otherwise),
    );
    const all = required.filter(isRequired);
    return all.length === 0 ? undefined : ((strictest(all) ?? otherwise) as StepUpRequirements);
  };
  return Object.assign(decide, { [POSSIBLE_REQUIREMENTS]: [...perTool.values(), otherwise].filter(isRequired) });
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

function requirementsOtherwise(
  required: readonly AuthenticationRequirements[],
  options: RequirementsPerToolOptions,
): AuthenticationRequirements {
  checkMembers(options, ['otherwise'], (member) => `requirementsPerTool has no option "${member}"`);
  const together = strictest(required);
  const given =
    options.otherwise === undefined
      ? undefined
      : checkRequirements(options.otherwise, 'requirementsPerTool, "otherwise"');
  const acrValues = given?.acrValues ?? together?.acrValues;
  if (together === undefined && acrValues === undefined) {
    throw new StepUpConfigurationError(
      'requirementsPerTool: the tools have no acr value in common, so that one token may never meet them all; ' +
        'give "otherwise" the "acrValues" of a call that cannot be told',
    );
  }
  const limits = [...required, ...(given === undefined ? [] : [given])].map(({ acrValues: _, ...others }) => others);
  return Object.freeze({ ...strictest(limits), ...(acrValues !== undefined && { acrValues }) });
}
