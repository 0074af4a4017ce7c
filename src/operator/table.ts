import { formatTime, secondsSince } from '../lib/format-time.ts';
import { type Html, html } from '../lib/html.ts';
import type { Words } from './words.ts';

/** How a part of the page looks: in what language, and when. */
export interface Look {
  readonly words: Words;
  /** Milliseconds since 1970. */
  readonly now: number;
}

type Cell = Html | string | number | undefined;

/** A table whose first cell of a row is its head; it scrolls by itself on a phone. */
export function table<T>(heads: readonly string[], rows: readonly T[], cellsOf: (row: T) => readonly Cell[]): Html {
  return html`<div class="scrolls" tabindex="0" role="group" aria-label="${heads[0]!}"><table>
<thead><tr>${heads.map(head => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${rows.map(row => {
  const [first, ...others] = cellsOf(row);
  return html`<tr><th scope="row">${first}</th>${others.map(cell => html`<td>${cell}</td>`)}</tr>
`;
})}</tbody></table></div>`;
}

export function orNothing(rows: readonly unknown[], words: string, render: () => Html): Html {
  return rows.length === 0 ? html`<p class="quiet">${words}</p>` : render();
}

export function time(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
}

/** The time from `iso` to `now` (milliseconds since 1970), for people. */
export function age(iso: string, now: number): string {
  return formatTime(secondsSince(iso, now));
}
