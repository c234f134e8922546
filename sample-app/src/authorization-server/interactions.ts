import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { DemoAccount } from './demo-account.js';
import { InteractionStep, send, textOf } from './interaction-step.js';
import { servePageFile } from './page-files.js';
import { codePage, errorPage, passkeyPage, passwordPage } from './pages.js';
import type { Passkeys } from './passkeys.js';

/** Where the passkey page, at `/interaction/…`, gets what it needs for a ceremony. */
const OPTIONS = '/passkey-options';

/** The pages on which a user signs in, and what they do with what is sent. */
export class Interactions {
  constructor(
    private readonly provider: Provider,
    private readonly accounts: ReadonlyMap<string, DemoAccount>,
    private readonly passkeys: Passkeys,
  ) {}

  /** Answers a request for one of the pages, or for what they load; `false` for any other. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { url = '', method } = request;
    try {
      if (await servePageFile(request, response)) return true;
      if (!url.startsWith('/interaction/')) return false;
      const step = await InteractionStep.read(this.provider, request, response);
      if (url.endsWith(OPTIONS) && method === 'POST') await this.#passkeyOptions(step);
      else await this.#continue(step);
    } catch (error) {
      // the interaction has expired, or its cookie belongs to another one
      const { statusCode = 500, error_description } = error as { statusCode?: number; error_description?: string };
      if (statusCode >= 500) console.error(error);
      send(response, errorPage(error_description ?? 'the sign-in could not be continued'), statusCode);
    }
    return true;
  }

  async #continue(step: InteractionStep): Promise<void> {
    if (step.form?.get('action') === 'cancel') return step.refuse('the user has cancelled the sign-in');
    switch (step.interaction.prompt.name) {
      case 'login':
        return this.#password(step);
      case 'second_factor':
        return this.#code(step);
      case 'passkey':
        return this.#passkey(step);
      default:
        return step.refuse('nothing else can be asked here');
    }
  }

  async #password(step: InteractionStep): Promise<void> {
    const { form, interaction } = step;
    const { session, params } = interaction;
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
    const { isReplacingPasskey } = step;
    await step.signIn(account, 'urn:example:pwd', ['pwd'], { acrBefore: session?.acr, isReplacingPasskey });
  }

  async #code(step: InteractionStep): Promise<void> {
    const { form, interaction } = step;
    const account = this.accounts.get(step.accountName);
    const codes = account?.codes;
    if (account === undefined || codes === undefined) return step.refuse('there is no second factor');
    const isForPasskey = interaction.prompt.reasons.includes('passkey_missing');
    const show = (alert?: string) =>
      step.show(
        codePage({
          accountName: account.name,
          demoCode: codes.showDemoCode(),
          purpose: step.isReplacingPasskey ? 'replace_passkey' : isForPasskey ? 'create_passkey' : 'sign_in',
          alert,
        }),
      );
    if (form === undefined) return show();

    const outcome = codes.accept(form.get('code') ?? '');
    if (outcome === 'blocked') return show('Too many wrong codes. Wait half a minute.');
    if (outcome === 'wrong') return show('This code is wrong, or was used before.');
    // auth_time is when the user last proved anything: the password may have been checked earlier in this session
    await step.signIn(account, 'urn:example:mfa', ['pwd', 'otp', 'mfa'], {
      hasProvedCode: true,
      isReplacingPasskey: step.isReplacingPasskey,
    });
  }

  async #passkey(step: InteractionStep): Promise<void> {
    const account = this.#passkeyUser(step);
    if (account === undefined) return step.refuse('a passkey cannot be asked for here');
    const { form } = step;
    const owner = ownerOf(step, account);
    const show = (said: { notice?: string; alert?: string } = {}) =>
      step.show(passkeyPage({ accountName: account.name, ceremony: this.passkeys.ceremonyFor(owner), ...said }));
    if (form === undefined) return show();
    // a code has to show first that it is the user who says so
    if (form.get('action') === 'lost') return step.replacePasskey();

    const outcome = await this.passkeys.accept(owner, form.get('passkey') ?? '');
    // creating it rested on a code, which can be phished; only its use cannot
    if (outcome === 'created') return show({ notice: 'Your passkey is ready. Sign in with it now.' });
    if (outcome === 'refused') {
      return show({ alert: 'The passkey was not accepted, or the attempt took too long. Please try again.' });
    }
    // without attestation it is not known whether hardware or software keeps the key: neither hwk nor swk, but pop
    await step.signIn(account, 'phr', [...new Set([...step.amr, 'pop', 'user', 'mfa'])]);
  }

  async #passkeyOptions(step: InteractionStep): Promise<void> {
    const account = this.#passkeyUser(step);
    if (account === undefined) {
      return step.answer({ error: 'invalid_request', error_description: 'no passkey is asked for here' }, 409);
    }
    step.answer(await this.passkeys.begin(ownerOf(step, account)));
  }

  /** Who has got as far as a passkey: one may be created only right after a one-time code. */
  #passkeyUser({ accountName, interaction, hasProvedCode }: InteractionStep): DemoAccount | undefined {
    if (interaction.prompt.name !== 'passkey') return undefined;
    return this.passkeys.has(accountName) || hasProvedCode ? this.accounts.get(accountName) : undefined;
  }
}

function ownerOf({ interaction, isReplacingPasskey, hasProvedCode }: InteractionStep, { name }: DemoAccount) {
  return { accountName: name, interaction: interaction.uid, isReplacing: isReplacingPasskey && hasProvedCode };
}
