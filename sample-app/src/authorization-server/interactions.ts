import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type Provider from 'oidc-provider';
import type { InteractionResults } from 'oidc-provider';
import { PUBLIC_DIRECTORY } from '../public-directory.js';
import type { Acr, DemoAccount } from './demo-account.js';
import { codePage, errorPage, type Page, passwordPage } from './pages.js';

/** Bytes that a form may have. */
const FORM_LIMIT = 4096;

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** The pages on which a user signs in, and what they do with what is sent. */
export class Interactions {
  constructor(
    private readonly provider: Provider,
    private readonly accounts: ReadonlyMap<string, DemoAccount>,
  ) {}

  /** Answers a request for one of the pages; `false` for any other. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const isStyle = request.url === '/style.css';
    if (!isStyle && !request.url?.startsWith('/interaction/')) return false;
    try {
      if (isStyle) {
        const style = await readFile(join(PUBLIC_DIRECTORY, 'authorization-server', 'style.css'));
        response.writeHead(200, { 'content-type': 'text/css; charset=utf-8' }).end(style);
        return true;
      }
      const interaction = await this.provider.interactionDetails(request, response);
      const form = request.method === 'POST' ? await readForm(request) : undefined;
      await this.#continue(new Step(this.provider, request, response, interaction), form);
    } catch (error) {
      // the interaction has expired, or its cookie belongs to another one
      const { statusCode = 500, error_description } = error as { statusCode?: number; error_description?: string };
      if (statusCode >= 500) console.error(error);
      send(response, errorPage(error_description ?? 'the sign-in could not be continued'), statusCode);
    }
    return true;
  }

  async #continue(step: Step, form: URLSearchParams | undefined): Promise<void> {
    if (form?.get('action') === 'cancel') {
      await step.finish({ error: 'access_denied', error_description: 'the user has cancelled the sign-in' });
      return;
    }
    switch (step.interaction.prompt.name) {
      case 'login':
        return this.#password(step, form);
      case 'second_factor':
        return this.#code(step, form);
      default:
        return step.finish({ error: 'access_denied', error_description: 'nothing else can be asked here' });
    }
  }

  async #password(step: Step, form: URLSearchParams | undefined): Promise<void> {
    const { session, params } = step.interaction;
    const accountName = session?.accountId;
    const about = { accountName, suggestion: form?.get('name') ?? textOf(params['login_hint']) };
    if (form === undefined) return step.show(passwordPage(about));

    const account = this.accounts.get(form.get('name') ?? '');
    if (account === undefined || account.password !== form.get('password')) {
      return step.show(passwordPage({ ...about, alert: 'Name and password do not match.' }));
    }
    if (accountName !== undefined && account.name !== accountName) {
      const alert = `You are signed in as ${accountName}. Sign out first to go on as somebody else.`;
      return step.show(passwordPage({ ...about, alert }));
    }
    await step.signIn(account, 'urn:example:pwd', ['pwd'], { acrBefore: session?.acr });
  }

  async #code(step: Step, form: URLSearchParams | undefined): Promise<void> {
    const { session, lastSubmission } = step.interaction;
    const account = this.accounts.get(lastSubmission?.login?.accountId ?? session?.accountId ?? '');
    const codes = account?.codes;
    if (account === undefined || codes === undefined) {
      return step.finish({ error: 'access_denied', error_description: 'there is no second factor' });
    }
    const show = (alert?: string) =>
      step.show(codePage({ accountName: account.name, demoCode: codes.showDemoCode(), alert }));
    if (form === undefined) return show();

    const outcome = codes.accept(form.get('code') ?? '');
    if (outcome === 'blocked') return show('Too many wrong codes. Wait half a minute.');
    if (outcome === 'wrong') return show('This code is wrong, or was used before.');
    // auth_time is when the user last proved anything: the password may have been checked earlier in this session
    await step.signIn(account, 'urn:example:mfa', ['pwd', 'otp', 'mfa']);
  }
}

/** One request for one page. */
class Step {
  constructor(
    private readonly provider: Provider,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    readonly interaction: Interaction,
  ) {}

  async show(page: Page): Promise<void> {
    const client = textOf(this.interaction.params['redirect_uri']);
    send(this.response, page, 200, client === undefined ? undefined : new URL(client).origin);
  }

  signIn(account: DemoAccount, acr: Acr, amr: string[], further: InteractionResults = {}): Promise<void> {
    return this.finish({ login: { accountId: account.name, acr, amr }, ...further });
  }

  finish(result: InteractionResults): Promise<void> {
    return this.provider.interactionFinished(this.request, this.response, result, { mergeWithLastSubmission: false });
  }
}

function textOf(parameter: unknown): string | undefined {
  return typeof parameter === 'string' ? parameter : undefined;
}

function send(response: ServerResponse, page: Page, status: number, formTarget?: string): void {
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
