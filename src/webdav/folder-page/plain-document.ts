import { type Html, html, trusted } from '../../lib/html.ts';
import type { Language } from '../../words/words.ts';
import { FOLDER_STYLE } from './folder-style.ts';

/** The name of its style for the policy of such a page. */
export { FOLDER_STYLE_HASH } from './folder-style.ts';

export interface PlainDocument {
  readonly language: Language;
  readonly title: string | Html;
  /** What the head has besides. */
  readonly head?: Html;
  /** With its heading. */
  readonly header: Html;
  readonly main: Html;
}

/** Renders a small page in the style of a folder's: without scripts of its own, and loading nothing. */
export function renderPlainDocument({ language, title, head, header, main }: PlainDocument): Html {
  return html`<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>${trusted(FOLDER_STYLE)}</style>
${head}</head>
<body>
<header>
${header}</header>
<main>
${main}</main>
</body>
</html>
`;
}
