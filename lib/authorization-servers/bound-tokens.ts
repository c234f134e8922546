import { checkMembers, StepUpConfigurationError } from '../core/index.js';
import { isRecord } from './record.js';

/** How a token is bound to a key: DPoP (RFC 9449), or mutual TLS (RFC 8705). */
export type BindingMethod = 'dpop' | 'mtls';

/** Whether tokens of a server that are bound to a key are accepted, by both methods or by some. */
export type BoundTokensOption =
  | 'off'
  | 'accepted'
  | 'required'
  | {
      readonly policy: 'accepted' | 'required';
      /** Default is both. */
      readonly methods?: readonly BindingMethod[] | undefined;
    };

/** The checked option. */
export interface BoundTokens {
  readonly policy: 'off' | 'accepted' | 'required';
  readonly dpop: boolean;
  readonly mtls: boolean;
}

const POLICIES: readonly unknown[] = ['accepted', 'required'];
const METHODS: readonly unknown[] = ['dpop', 'mtls'];

/**
 * Checks whether bound tokens are accepted, and fills in the methods.
 *
 * @param where the place that errors name, such as `authorizationServers[0].boundTokens`
 * @throws StepUpConfigurationError that names the option
 */
export function checkBoundTokens(option: BoundTokensOption = 'off', where: string): BoundTokens {
  if (option === 'off') return Object.freeze({ policy: 'off', dpop: false, mtls: false });
  if (POLICIES.includes(option)) {
    return Object.freeze({ policy: option as 'accepted' | 'required', dpop: true, mtls: true });
  }
  if (!isRecord(option)) {
    throw new StepUpConfigurationError(
      `"${where}" must be 'off', 'accepted', 'required', or an object with "policy" and "methods"`,
    );
  }
  const { policy, methods = METHODS } = option as { readonly policy?: unknown; readonly methods?: unknown };
  checkMembers(option as object, ['policy', 'methods'], (member) => `"${where}" has the unknown member "${member}"`);
  if (!POLICIES.includes(policy))
    throw new StepUpConfigurationError(`"${where}.policy" must be 'accepted' or 'required'`);
  if (!Array.isArray(methods) || methods.length === 0 || !methods.every((method) => METHODS.includes(method))) {
    throw new StepUpConfigurationError(`"${where}.methods" must list 'dpop', 'mtls' or both`);
  }
  return Object.freeze({
    policy: policy as 'accepted' | 'required',
    dpop: methods.includes('dpop'),
    mtls: methods.includes('mtls'),
  });
}
