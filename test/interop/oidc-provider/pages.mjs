// The pages an application of oidc-provider has to bring along: a password, then a code where one is asked for. They are
// honest: `acr` says what was asked on the way, and who cannot do what is essential is told so.
import { isOneTimeCode } from '../one-time-code.mjs';
import { ask, readForm } from '../setup/form.mjs';

const KNOWN = ['pwd', 'mfa'];

export class Pages {
  /** Accounts that have given their password on the way, by interaction. */
  #passwordGiven = new Map();

  constructor(provider, accounts) {
    this.provider = provider;
    this.accounts = new Map(accounts.map((account) => [account.name, account]));
  }

  async handle(request, response) {
    const interaction = await this.provider.interactionDetails(request, response);
    const form = request.method === 'POST' ? await readForm(request) : undefined;
    const finish = (result) =>
      this.provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    const { uid, params, session, prompt } = interaction;
    const { wanted, essential } = requestedAcr(params);
    // the first of the list that is known here; a hint that nobody knows counts for nothing
    const known = wanted.find((acr) => KNOWN.includes(acr));
    const unmet = (why) => finish({ error: 'unmet_authentication_requirements', error_description: why });
    if (essential && known === undefined) return unmet('none of the requested acr values is offered here');

    const isSteppingUp = prompt.reasons.every((reason) => reason.startsWith('essential_acr'));
    let name = this.#passwordGiven.get(uid) ?? (isSteppingUp ? session?.accountId : undefined);
    if (name === undefined) {
      const account = this.accounts.get(form?.get('name') ?? '');
      if (account === undefined || account.password !== form.get('password'))
        return ask(response, ['name', 'password']);
      name = account.name;
      this.#passwordGiven.set(uid, name);
    }
    const { otpSecret } = this.accounts.get(name);
    if (known === 'mfa' && otpSecret === undefined && essential) return unmet('this user has no second factor');
    const asksForCode = known === 'mfa' && otpSecret !== undefined;
    if (asksForCode && !isOneTimeCode(form?.get('code'), otpSecret)) return ask(response, ['code']);

    this.#passwordGiven.delete(uid);
    const [acr, amr] = asksForCode ? ['mfa', ['pwd', 'otp', 'mfa']] : ['pwd', ['pwd']];
    return finish({ login: { accountId: name, acr, amr } });
  }
}

function requestedAcr({ claims, acr_values: acrValues }) {
  const acr = claims === undefined ? undefined : JSON.parse(claims).id_token?.acr;
  const values = acr?.values ?? (acr?.value === undefined ? undefined : [acr.value]);
  return values === undefined
    ? { wanted: acrValues?.split(' ') ?? [], essential: false }
    : { wanted: values, essential: acr.essential === true };
}
