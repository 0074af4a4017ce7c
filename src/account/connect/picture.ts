import { type Html, html } from '../../lib/html.ts';

/** A dialogue of a foreign program, as a drawing. */
export interface Dialogue {
  readonly title: string;
  /** Labels and what stands in their fields. */
  readonly fields: readonly (readonly [label: string, value: string])[];
  readonly button: string;
  /** In words, for people who do not see it. */
  readonly caption: string;
}

const WIDTH = 400;
const ROW = 52;
const TOP = 40;
const MAX_LETTERS = 44;

export function picture({ title, fields, button, caption }: Dialogue): Html {
  const height = TOP + fields.length * ROW + 64;
  return html`<figure>
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Drawing: ${caption}" translate="no">
<rect class="pic-back" x="1" y="1" width="${WIDTH - 2}" height="${height - 2}" rx="9"/>
<path class="pic-bar" d="M1 10a9 9 0 0 1 9-9h${WIDTH - 20}a9 9 0 0 1 9 9v20h-${WIDTH - 2}z"/>
<text class="pic-text" x="16" y="20">${title}</text>
${fields.map(([label, value], index) => field(label, value, TOP + index * ROW))}
<rect class="pic-main" x="${WIDTH - 136}" y="${height - 46}" width="120" height="30" rx="5"/>
<text class="pic-on" x="${WIDTH - 76}" y="${height - 26}" text-anchor="middle">${button}</text>
</svg>
<figcaption>${caption}</figcaption>
</figure>`;
}

function field(label: string, value: string, y: number): Html {
  const shown = value.length > MAX_LETTERS ? `${value.slice(0, MAX_LETTERS - 1)}…` : value;
  return html`<text class="pic-quiet" x="16" y="${y + 10}">${label}</text>
<rect class="pic-field" x="16" y="${y + 16}" width="${WIDTH - 32}" height="26" rx="4"/>
<text class="pic-text" x="24" y="${y + 34}">${shown}</text>
`;
}
