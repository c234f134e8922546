/** Reads the form of a request, at most 64 KiB. */
export async function readForm(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 65_536) throw new Error('the form is too long');
  }
  return new URLSearchParams(text);
}

/** Shows a page that asks for these fields, and hands on what is hidden. */
export function ask(response, names, hidden = {}) {
  const inputs = names.map((name) => `<label>${name} <input name="${name}"></label>`);
  const carried = Object.entries(hidden).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
  );
  response
    .writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    .end(
      `<!doctype html><title>Sign in</title><form method="post">${[...carried, ...inputs].join('')}<button>Go on</button></form>`,
    );
}
