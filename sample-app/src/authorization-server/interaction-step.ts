import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { InteractionResults } from 'oidc-provider';
import type { Acr, DemoAccount } from './demo-account.js';
import type { Page } from './pages.js';

/** Bytes that a form may have. A passkey with a post-quantum key takes most of it. */
const FORM_LIMIT = 16_384;

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** One request for one page of a sign-in. */
export class InteractionStep {
  private constructor(
    private readonly provider: Provider,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    readonly interaction: Interaction,
    /** What was sent; absent if the page is only opened. */
    readonly form: URLSearchParams | undefined,
  ) {}

  /** @throws SessionNotFound of oidc-provider if the interaction has expired, or its cookie belongs to another one */
  static async read(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<InteractionStep> {
    const interaction = await provider.interactionDetails(request, response);
    const form = request.method === 'POST' ? await readForm(request) : undefined;
    return new InteractionStep(provider, request, response, interaction, form);
  }

  /** The account that has signed in so far, on this way or in an earlier session. */
  get accountName(): string {
    const { lastSubmission, session } = this.interaction;
    return lastSubmission?.login?.accountId ?? session?.accountId ?? '';
  }

  /** How it has signed in so far. */
  get amr(): readonly string[] {
    const { lastSubmission, session } = this.interaction;
    return lastSubmission?.login?.amr ?? session?.amr ?? [];
  }

  /** Whether the user said on this way that the passkey is lost. */
  get isReplacingPasskey(): boolean {
    return this.interaction.lastSubmission?.['isReplacingPasskey'] === true;
  }

  /** Whether the user has given a one-time code on this way. */
  get hasProvedCode(): boolean {
    return this.interaction.lastSubmission?.['hasProvedCode'] === true;
  }

  show(page: Page): void {
    const client = textOf(this.interaction.params['redirect_uri']);
    send(this.response, page, 200, client === undefined ? undefined : new URL(client).origin);
  }

  answer(json: object, status = 200): void {
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
    this.response.writeHead(status, headers).end(JSON.stringify(json));
  }

  signIn(account: DemoAccount, acr: Acr, amr: string[], further: InteractionResults = {}): Promise<void> {
    const ts = Math.floor(Date.now() / 1000);
    return this.finish({ login: { accountId: account.name, acr, amr, ts }, ...further });
  }

  /** Goes back to a code, and to a new passkey after it. What the user has proved on this way stays proved. */
  replacePasskey(): Promise<void> {
    const login = this.interaction.lastSubmission?.login;
    return this.finish({ ...(login !== undefined && { login }), isReplacingPasskey: true });
  }

  refuse(reason: string): Promise<void> {
    return this.finish({ error: 'access_denied', error_description: reason });
  }

  finish(result: InteractionResults): Promise<void> {
    return this.provider.interactionFinished(this.request, this.response, result, { mergeWithLastSubmission: false });
  }
}

/** The text of a parameter that may be absent. */
export function textOf(parameter: unknown): string | undefined {
  return typeof parameter === 'string' ? parameter : undefined;
}

/** Sends a page. */
export function send(response: ServerResponse, page: Page, status: number, formTarget?: string): void {
  response.writeHead(status, page.headers(formTarget)).end(page.html);
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > FORM_LIMIT)
      throw Object.assign(new Error(), { statusCode: 413, error_description: 'that is too much text' });
  }
  return new URLSearchParams(text);
}
