interface SignInPage {
  /** Those of the authorization request, which the form sends back. */
  readonly parameters: ReadonlyMap<string, string>;
  /** What the sign-in reaches. */
  readonly acr: string;
  readonly needsCode: boolean;
  readonly name: string | undefined;
  readonly alert?: string;
}

const STYLE = `
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
  body { max-width: 22rem; margin: 4rem auto; padding: 0 1rem }
  label { display: block; margin-top: 1rem }
  input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; margin-top: .25rem }
  button { margin-top: 1.5rem }
  [role=alert] { border-left: .25rem solid #c00; padding-left: .75rem }
`;

/** Headers of the page. It loads nothing, and no other page can frame it. */
export const SIGN_IN_PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Returns the page that asks for a password, and for a code if the requested `acr` needs one. */
export function signInPage({ parameters, acr, needsCode, name = '', alert }: SignInPage): string {
  const request = new URLSearchParams([...parameters]).toString();
  const focused = name === '' ? ['autofocus', ''] : ['', 'autofocus'];
  const code = needsCode
    ? '<label>Code<input name="code" inputmode="numeric" autocomplete="one-time-code" required></label>'
    : '';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in</title>
<style>${STYLE}</style>
<main>
  <h1>Sign in</h1>
  <p>${escaped(parameters.get('client_id') ?? '')} asks for <code>${escaped(acr)}</code>.</p>
  ${alert === undefined ? '' : `<p role="alert">${escaped(alert)}</p>`}
  <form method="post" action="/sign-in">
    <input type="hidden" name="request" value="${escaped(request)}">
    <label>Name<input name="name" value="${escaped(name)}" autocomplete="username" required ${focused[0]}></label>
    <label>Password<input name="password" type="password" autocomplete="current-password" required ${focused[1]}></label>
    ${code}
    <button>Sign in</button>
  </form>
  <p><small>A server for development. The terminal that runs it shows its users.</small></p>
</main>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
