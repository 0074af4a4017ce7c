import { type Html, html } from '../lib/html.ts';

/** A text to copy, with a button where scripts run. `id` is unique on its page. */
export interface Copied {
  readonly id: string;
  readonly text: string;
  /** What the button says, before and after; what it does, for those who do not see where it is. */
  readonly words: { readonly copy: string; readonly copied: string };
  readonly label: string;
  readonly look?: string;
}

export function renderCopied({ id, text, words, label, look = '' }: Copied): Html {
  return html`<div class="copied"><pre id="${id}" class="${look}" translate="no">${text}</pre>
<button type="button" data-copies="${id}" data-copied="${words.copied}" aria-label="${label}" hidden>${words.copy}</button></div>`;
}

/** The same in the steps of a guide, which are in English. `what` names the text. */
export function copied(id: string, what: string, text: string): Html {
  return renderCopied({ id, text, words: { copy: 'Copy', copied: 'Copied' }, label: `Copy ${what}` });
}
