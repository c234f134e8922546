const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A piece of HTML that may be put into another as it is. */
export class Html {
  constructor(private readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** Escapes every value but other pieces of HTML; what is `undefined` or `false` leaves nothing behind. */
export function html(strings: TemplateStringsArray, ...values: (Html | string | false | undefined)[]): Html {
  const text = strings.map((string, index) => `${show(values[index - 1])}${string}`);
  return new Html(text.join(''));
}

function show(value: Html | string | false | undefined): string {
  if (value === undefined || value === false) return '';
  return typeof value === 'string'
    ? value.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
    : value.toString();
}
