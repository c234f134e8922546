import { type Observer, observedFetch } from '../shared/exchange.js';

/** A page with a form to fill in. */
export interface FormPage {
  readonly url: URL;
  readonly title: string;
  readonly html: string;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

const MAX_REDIRECTS = 10;

/** As much of a web browser as signing in takes: it keeps cookies, follows redirects and sends forms. */
export class Browser {
  readonly #cookies = new Map<string, Cookie>();
  readonly #fetch: ReturnType<typeof observedFetch>;

  /**
   * @param destination where the user's journey ends: a redirect to this URL is handed back, not followed
   */
  constructor(
    private readonly destination: string,
    observe: Observer = () => {},
  ) {
    this.#fetch = observedFetch(observe);
  }

  /** Opens an address; gives back the page it leads to, or the URL at the destination. */
  open(url: URL): Promise<FormPage | URL> {
    return this.#follow(url, { method: 'GET' });
  }

  /** Sends the form of a page. */
  submit(page: FormPage, fields: Readonly<Record<string, string>>): Promise<FormPage | URL> {
    return this.#follow(page.url, { method: 'POST', body: new URLSearchParams(fields) });
  }

  async #follow(start: URL, first: RequestInit): Promise<FormPage | URL> {
    let url = start;
    let options = first;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const response = await this.#request(url, options);
      const location = response.headers.get('location');
      if (location === null) {
        const html = await response.text();
        return { url, html, title: /<h1>(.*?)<\/h1>/.exec(html)?.[1] ?? `status ${response.status}` };
      }
      url = new URL(location, url);
      if (url.href.startsWith(this.destination)) return url;
      options = { method: 'GET' };
    }
    throw new Error(`more than ${MAX_REDIRECTS} redirects, the last to ${url.origin}${url.pathname}`);
  }

  async #request(url: URL, options: RequestInit): Promise<Response> {
    const cookies = [...this.#cookies.values()].filter(({ path }) => url.pathname.startsWith(path));
    const headers = new Headers();
    if (cookies.length > 0) headers.set('cookie', cookies.map(({ name, value }) => `${name}=${value}`).join('; '));
    const response = await this.#fetch(url.href, { ...options, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(/;\s*/);
    const [name = '', value = ''] = pair.split('=');
    const attribute = (wanted: string) =>
      attributes.map((text) => text.split('=')).find(([found]) => found?.toLowerCase() === wanted)?.[1];
    const path = attribute('path') ?? '/';
    const expires = attribute('expires');
    if (expires !== undefined && Date.parse(expires) < Date.now()) this.#cookies.delete(`${name} ${path}`);
    else this.#cookies.set(`${name} ${path}`, { name, value, path });
  }
}
