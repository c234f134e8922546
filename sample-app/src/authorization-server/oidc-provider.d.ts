// The part of oidc-provider that the sample uses; the package brings no types.
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface Client {
    readonly clientId: string;
    readonly redirectUris: readonly string[];
    grantTypeAllowed(grantType: string): boolean;
  }

  /** What a code or refresh token remembers of the sign-in it stems from. */
  export interface SignedInToken {
    readonly acr?: string;
    readonly amr?: readonly string[];
    readonly authTime?: number;
  }

  export interface OidcContext {
    readonly provider: Provider;
    readonly client: Client;
    readonly params: Readonly<Record<string, string | undefined>>;
    readonly session: { readonly accountId?: string; readonly acr?: string; grantIdFor(clientId: string): string | undefined };
    readonly result?: InteractionResult;
    readonly entities: { readonly AuthorizationCode?: SignedInToken; readonly RefreshToken?: SignedInToken };
  }

  export interface Context {
    readonly oidc: OidcContext;
    body: unknown;
    type: string;
    set(field: string, value: string): void;
  }

  export interface InteractionResult {
    login?: { accountId: string; acr: string; amr: readonly string[]; ts?: number };
    error?: string;
    error_description?: string;
    [further: string]: unknown;
  }

  export interface Interaction {
    readonly uid: string;
    readonly prompt: { readonly name: string; readonly reasons: readonly string[] };
    readonly params: Readonly<Record<string, string | undefined>>;
    readonly session?: { readonly accountId: string; readonly acr?: string };
    readonly lastSubmission?: InteractionResult;
  }

  export interface Grant {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  }

  export default class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    readonly Grant: {
      new (properties: { clientId: string; accountId: string }): Grant;
      find(id: string): Promise<Grant | undefined>;
    };
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: InteractionResult,
      options?: { mergeWithLastSubmission?: boolean },
    ): Promise<void>;
    on(event: 'server_error', listener: (context: Context, error: Error) => void): this;
  }

  export namespace interactionPolicy {
    class Check {
      static readonly REQUEST_PROMPT: true;
      static readonly NO_NEED_TO_PROMPT: false;
      constructor(reason: string, description: string, check: (context: Context) => boolean);
      constructor(reason: string, description: string, error: string, check: (context: Context) => boolean);
    }
    class Prompt {
      constructor(description: { name: string; requestable: boolean }, ...checks: Check[]);
      readonly checks: { add(check: Check, index?: number): void; remove(reason: string): void };
    }
    interface Policy {
      get(name: string): Prompt;
      add(prompt: Prompt, index?: number): void;
    }
    function base(): Policy;
  }

  export namespace errors {
    class InvalidTarget extends Error {}
    class UnmetAuthenticationRequirements extends Error {
      constructor(description: string);
    }
  }
}
