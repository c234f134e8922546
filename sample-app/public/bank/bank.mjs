// The bank's API, as the page uses it.

/** What a request came to: `data`, a step-up `challenge`, or a `problem`. */
async function call(path, accessToken, options = {}) {
  let response;
  try {
    response = await fetch(path, {
      ...options,
      headers: { ...options.headers, authorization: `Bearer ${accessToken}` },
      cache: 'no-store',
    });
  } catch {
    return { problem: { error: 'unreachable', error_description: 'The bank cannot be reached.' } };
  }
  const body = await response.json().catch(() => ({}));
  if (response.ok) return { data: body };

  const said = message(response, body);
  // the body repeats the header, which saves this page a parser for the header's grammar
  if (response.status === 401 && body.error === 'insufficient_user_authentication') {
    const { acr_values, max_age, reasons } = body;
    return { challenge: { acr_values, max_age, reasons, said } };
  }
  const error = response.status === 401 ? 'invalid_token' : body.error;
  return { problem: { error, error_description: body.error_description ?? 'The bank could not do this.', said } };
}

/** The answer as text, for whoever wants to look at the protocol. */
function message(response, body) {
  const challenge = response.headers.get('www-authenticate');
  const lines = [`HTTP/1.1 ${response.status} ${response.statusText}`];
  if (challenge !== null) lines.push(`WWW-Authenticate: ${challenge.replaceAll(/, (?=[a-z_]+=")/g, ',\n  ')}`);
  return [...lines, '', JSON.stringify(body, null, 2)].join('\n');
}

export const bank = {
  accounts: (accessToken) => call('/accounts', accessToken),
  transfer: (accessToken, transfer) =>
    call('/transfers', accessToken, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(transfer),
    }),
};
