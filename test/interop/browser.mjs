// As much of a web browser as signing in takes: it keeps cookies, follows redirects, reads forms and sends them.

const MAX_REDIRECTS = 15;
const TIMEOUT = 30_000;

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export class Browser {
  #cookies = new Map();

  /**
   * @param destination where the user's way ends: a redirect to an address that begins so is handed back, not followed
   */
  constructor(destination) {
    this.destination = destination;
  }

  /** Opens an address; gives the page it leads to, or the URL at the destination. */
  open(url) {
    return this.#follow(new URL(url), { method: 'GET' });
  }

  /** Sends a form of a page, with its hidden fields. */
  submit({ url, form }, fields) {
    const body = new URLSearchParams({ ...form.hidden, ...fields });
    return this.#follow(new URL(form.action, url), { method: 'POST', body });
  }

  async #follow(start, first) {
    let url = start;
    let options = first;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const response = await this.#request(url, options);
      const location = response.headers.get('location');
      if (location === null) {
        const html = await response.text();
        return { url, status: response.status, html, title: titleOf(html), form: formOf(html) };
      }
      await response.body?.cancel();
      url = new URL(location, url);
      if (url.href.startsWith(this.destination)) return url;
      options = { method: 'GET' };
    }
    throw new Error(`more than ${MAX_REDIRECTS} redirects, the last to ${url.origin}${url.pathname}`);
  }

  async #request(url, options) {
    const cookies = [...this.#cookies.values()].filter(({ path }) => url.pathname.startsWith(path));
    const headers = { accept: 'text/html' };
    if (cookies.length > 0) headers.cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      ...options,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT),
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  #keep(line) {
    const [pair, ...attributes] = line.split(/;\s*/);
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals);
    const attribute = (wanted) =>
      attributes.map((text) => text.split('=')).find(([found]) => found.toLowerCase() === wanted)?.[1];
    const path = attribute('path') ?? '/';
    const key = `${name} ${path}`;
    const ends = attribute('max-age') === '0' || Date.parse(attribute('expires') ?? '') < Date.now();
    if (ends) this.#cookies.delete(key);
    else this.#cookies.set(key, { name, value: pair.slice(equals + 1), path });
  }
}

function titleOf(html) {
  const title = /<h1[^>]*>([\s\S]*?)<\/h1>/i.exec(html)?.[1] ?? /<title>([\s\S]*?)<\/title>/i.exec(html)?.[1] ?? '';
  return decode(title.replaceAll(/<[^>]*>/g, ''))
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The first form that is sent by POST: where it goes, what it hides and the names of its other fields. */
function formOf(html) {
  for (const [, opening, content] of html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)) {
    const { method = 'get', action = '' } = attributesOf(opening);
    if (method.toLowerCase() !== 'post') continue;
    const inputs = [...content.matchAll(/<input\b([^>]*)>/gi)].map(([, text]) => attributesOf(text));
    const named = inputs.filter(({ name }) => name !== undefined);
    return {
      action,
      hidden: Object.fromEntries(
        named.filter(({ type }) => type === 'hidden').map(({ name, value = '' }) => [name, value]),
      ),
      names: named.filter(({ type }) => type !== 'hidden').map(({ name }) => name),
    };
  }
  return undefined;
}

function attributesOf(text) {
  const attributes = [...text.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g)];
  return Object.fromEntries(
    attributes.map(([, name, double, single, bare]) => [name.toLowerCase(), decode(double ?? single ?? bare ?? '')]),
  );
}

function decode(text) {
  return text
    .replaceAll(/&#x([\da-f]+);/gi, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, name) => ENTITIES[name]);
}
