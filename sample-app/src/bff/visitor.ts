import type { Flow } from './inspector/flow.js';

/** Who looks at a page, the token that their forms carry, and what was done for them. */
export interface Visitor {
  readonly name: string;
  readonly csrfToken: string;
  readonly flow: Flow;
}
