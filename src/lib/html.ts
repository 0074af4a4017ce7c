import { escapeHtml } from './escape-html.ts';

/** A piece of HTML; only `html` and `trusted` make one, so that a text cannot be taken for it. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

type Content = Html | string | number | undefined | readonly Content[];

/** Builds HTML from a template. Texts are escaped, lists are joined, undefined is nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(strings.map((text, index) => (index === 0 ? text : `${render(values[index - 1])}${text}`)).join(''));
}

/** Takes a text of our own for HTML, as it is. */
export function trusted(text: string): Html {
  return new Html(text);
}

function render(value: Content): string {
  if (value instanceof Html) {
    return value.toString();
  }
  if (Array.isArray(value)) {
    return value.map(render).join('');
  }
  return value === undefined ? '' : escapeHtml(String(value));
}
