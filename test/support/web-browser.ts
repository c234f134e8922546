/** What a browser ended up with. */
export interface WebPage {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  readonly title: string;
}

interface Journey {
  /** Stops in front of an address that a redirect leads to, and gives a page without content for it. */
  stopBefore?: (url: URL) => boolean;
}

const MAX_REDIRECTS = 10;

/** As much of a browser as pages without scripts need: cookies by host and path, redirects, forms. */
export class WebBrowser {
  /** Every address visited, and what came back. */
  readonly history: WebPage[] = [];
  readonly #cookies = new Map<string, { name: string; value: string; host: string; path: string }>();

  open(url: URL | string, journey?: Journey): Promise<WebPage> {
    return this.#follow(new URL(url), {}, journey);
  }

  /** Sends the form of a page with its hidden fields, to its action; the first one that has all these fields. */
  submit(page: WebPage, fields: Readonly<Record<string, string>>, journey?: Journey): Promise<WebPage> {
    const forms = [...page.html.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)].map(([, attributes = '', content = '']) => ({
      action: /action="([^"]*)"/.exec(attributes)?.[1] ?? '',
      hidden: [...content.matchAll(/<input type="hidden" name="(.*?)" value="(.*?)">/g)].map(([, n = '', v = '']) => [
        n,
        v,
      ]),
      content,
    }));
    const names = Object.keys(fields);
    const form = forms.findLast(({ content }) => names.every((name) => content.includes(`name="${name}"`)));
    if (form === undefined) throw new Error(`"${page.title}" has no form with ${names.join(', ') || 'a button'}`);
    const body = new URLSearchParams({ ...Object.fromEntries(form.hidden), ...fields });
    return this.post(new URL(form.action, page.url), body, journey);
  }

  post(url: URL | string, body: URLSearchParams, journey?: Journey): Promise<WebPage> {
    return this.#follow(new URL(url), { method: 'POST', body }, journey);
  }

  /** The value of a cookie in the jar. */
  cookie(name: string): string | undefined {
    return [...this.#cookies.values()].find((cookie) => cookie.name === name)?.value;
  }

  /** Takes over the cookies that another browser has of a host. */
  adopt(other: WebBrowser, hostname: string): void {
    for (const [key, cookie] of other.#cookies) if (cookie.host === hostname) this.#cookies.set(key, cookie);
  }

  async #follow(start: URL, first: RequestInit, { stopBefore = () => false }: Journey = {}): Promise<WebPage> {
    let url = start;
    let options = first;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const page = await this.#visit(url, options);
      const location = page.headers.get('location');
      if (location === null) return page;
      url = new URL(location, url);
      if (stopBefore(url)) return { ...page, url, html: '', title: '' };
      options = {};
    }
    throw new Error(`more than ${MAX_REDIRECTS} redirects, the last to ${url.origin}${url.pathname}`);
  }

  async #visit(url: URL, options: RequestInit): Promise<WebPage> {
    const cookies = [...this.#cookies.values()].filter(
      ({ host, path }) => url.hostname === host && url.pathname.startsWith(path),
    );
    const headers = new Headers();
    if (cookies.length > 0) headers.set('cookie', cookies.map(({ name, value }) => `${name}=${value}`).join('; '));
    const response = await fetch(url, { ...options, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.#keep(url.hostname, line);
    const html = await response.text();
    const title = /<h1>(.*?)<\/h1>/.exec(html)?.[1] ?? '';
    const page = { url, status: response.status, headers: response.headers, html, title };
    this.history.push(page);
    return page;
  }

  #keep(host: string, line: string): void {
    const [pair = '', ...attributes] = line.split(/;\s*/);
    const [name = '', value = ''] = pair.split('=');
    const attribute = (wanted: string) =>
      attributes.map((text) => text.split('=')).find(([found]) => found?.toLowerCase() === wanted)?.[1];
    const path = attribute('path') ?? '/';
    const expires = attribute('expires');
    const key = `${host} ${path} ${name}`;
    if (expires !== undefined && Date.parse(expires) < Date.now()) this.#cookies.delete(key);
    else this.#cookies.set(key, { name, value, host, path });
  }
}
