import { type Html, html } from '../lib/html.ts';

/** A text to copy, with a button where scripts run. `id` is unique on its page; `what` names the text. */
export function copied(id: string, what: string, text: string, look = ''): Html {
  return html`<div class="copied"><pre id="${id}" class="${look}" translate="no">${text}</pre>
<button type="button" data-copies="${id}" aria-label="Copy ${what}" hidden>Copy</button></div>`;
}
