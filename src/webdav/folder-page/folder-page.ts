import type { Entry, Quota } from '../../drive/entry.ts';
import { formatBytes } from '../../lib/byte-size.ts';
import { trusted } from '../../lib/html.ts';
import { type Language, type Words, wordsIn } from '../../words/words.ts';
import { escapeXml } from '../xml/xml-writer.ts';
import { type AppOnPage, renderAppHead } from './app-page.ts';
import { type Column, type FolderOrder, shownSize, sortEntries } from './folder-order.ts';
import { FOLDER_STYLE } from './folder-style.ts';

/** The number of entries rendered between two writes. */
const BATCH = 64;

/** The direction after the first click on a column's title: people look for the largest and the newest. */
const FIRST: Record<Column, FolderOrder['direction']> = { name: 'asc', size: 'desc', modified: 'desc' };

export interface FolderPage {
  /** The names that lead from the root to the folder, as the client wrote them. */
  readonly names: readonly string[];
  /** What people call the first of the names, above which there is nothing; undefined: the names say it. */
  readonly rootName?: string | undefined;
  readonly entries: readonly Entry[];
  readonly order: FolderOrder;
  readonly language: Language;
  /** Undefined where the drive did not say. */
  readonly quota: Quota | undefined;
  readonly hrefOf: (names: readonly string[], kind: Entry['kind']) => string;
  /** The app that takes over in a browser with scripts; undefined: the page has no script. */
  readonly app?: AppOnPage | undefined;
  /** True when the page was asked for by name, and the pages of its links are plain, too. */
  readonly isPlain?: boolean;
}

/**
 * Renders a folder for a browser in pieces, so that 10,000 entries never stand in memory as HTML. The page is whole
 * without scripts, and without the app it loads nothing.
 */
export function* renderFolderPage(page: FolderPage): Generator<string> {
  yield renderTop(page);
  if (page.entries.length === 0) {
    yield `<p>${escapeXml(wordingOf(page).words.empty)}</p>\n`;
  } else {
    yield* renderTable(page);
  }
  yield '</main>\n</body>\n</html>\n';
}

/** The words of a page, and what writes its numbers. */
interface Wording {
  readonly words: Words['folder'];
  readonly numbers: Intl.NumberFormat;
}

function wordingOf({ language }: Pick<FolderPage, 'language'>): Wording {
  return { words: wordsIn(language).folder, numbers: new Intl.NumberFormat(language) };
}

function renderTop(page: FolderPage): string {
  const { names, rootName, quota, hrefOf, app, language } = page;
  const wording = wordingOf(page);
  const { words } = wording;
  const labels = rootName === undefined ? names : names.with(0, rootName);
  return `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<title>${escapeXml(titleOf(labels, language))}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>${FOLDER_STYLE}</style>
${app === undefined ? '' : renderAppHead(app)}</head>
<body>
<header>
${renderAncestors(names, { words, labels, hrefOf, first: rootName === undefined ? 0 : 1 })}<h1 translate="no"><bdi>${escapeXml(labels.at(-1) ?? words.home)}</bdi></h1>
${quota?.available === undefined ? '' : `<p>${words.free(trusted(renderSize(quota.available, wording)))}</p>\n`}</header>
<main>
`;
}

/** The folder's own name comes first, because a browser tab shows little more. */
export function titleOf(names: readonly string[], language: Language): string {
  const above = names.slice(0, -1).join('/');
  return `${names.at(-1) ?? wordsIn(language).folder.home}${above === '' ? '' : ` – ${above}`}`;
}

function renderAncestors(
  names: readonly string[],
  {
    words,
    labels,
    hrefOf,
    first,
  }: Pick<Wording, 'words'> & Pick<FolderPage, 'hrefOf'> & { labels: readonly string[]; first: 0 | 1 },
): string {
  const items = names.slice(first).map((_, index) => {
    const depth = index + first;
    const label = depth === 0 ? words.home : labels[depth - 1]!;
    const href = hrefOf(names.slice(0, depth), 'folder');
    return `<li><a href="${escapeXml(href)}"><bdi>${escapeXml(label)}</bdi></a></li>`;
  });
  return items.length === 0
    ? ''
    : `<nav aria-label="${escapeXml(words.above)}"><ol translate="no">\n${items.join('\n')}\n</ol></nav>\n`;
}

function* renderTable(page: FolderPage): Generator<string> {
  const wording = wordingOf(page);
  const headers = (Object.keys(FIRST) as Column[])
    .map(column => renderColumnHeader(column, page, wording.words))
    .join('\n');
  let batch = `<table>
<caption>${escapeXml(countOf(page.entries, wording))}</caption>
<thead><tr>\n${headers}\n</tr></thead>
<tbody translate="no">
`;
  let count = 0;
  for (const entry of sortEntries(page.entries, page.order)) {
    batch += renderRow(entry, page, wording);
    count += 1;
    if (count % BATCH === 0) {
      yield batch;
      batch = '';
    }
  }
  yield `${batch}</tbody>\n</table>\n`;
}

function renderColumnHeader(
  column: Column,
  { names, order, hrefOf, isPlain }: FolderPage,
  words: Words['folder'],
): string {
  const isSorted = column === order.by;
  const next = isSorted ? (order.direction === 'asc' ? 'desc' : 'asc') : FIRST[column];
  const sorted = isSorted ? ` aria-sort="${order.direction === 'asc' ? 'ascending' : 'descending'}"` : '';
  const href = `${hrefOf(names, 'folder')}?${isPlain ? 'view=plain&' : ''}sort=${column}&order=${next}`;
  return `<th scope="col"${sorted}><a href="${escapeXml(href)}">${escapeXml(words[column])}</a></th>`;
}

/**
 * A hidden word tells a folder from a file. Screen readers do not read the drawn marks, and without the style there are
 * none.
 */
function renderRow(entry: Entry, { names, hrefOf }: FolderPage, wording: Wording): string {
  const isFolder = entry.kind === 'folder';
  const look = isFolder ? ' class="folder"' : '';
  const kind = isFolder ? `<span class="unseen">${escapeXml(wording.words.isFolder)}</span>` : '';
  const href = escapeXml(hrefOf([...names, entry.name], entry.kind));
  const size = shownSize(entry);
  return `<tr><th scope="row"><a${look} href="${href}">${kind}<bdi>${escapeXml(entry.name)}</bdi></a></th><td>${
    size === undefined ? '' : renderSize(size, wording)
  }</td><td>${renderTime(entry.modified)}</td></tr>\n`;
}

function renderSize(bytes: number, { words, numbers }: Wording): string {
  return `<data value="${bytes}" title="${escapeXml(words.bytes(bytes, numbers.format(bytes)))}">${formatBytes(bytes)}</data>`;
}

function renderTime(time: Date): string {
  const iso = time.toISOString();
  return `<time datetime="${iso.slice(0, 19)}Z">${iso.slice(0, 10)} ${iso.slice(11, 16)}</time>`;
}

function countOf(entries: readonly Entry[], { words, numbers }: Wording): string {
  const folders = entries.filter(({ kind }) => kind === 'folder').length;
  const files = entries.length - folders;
  return [
    ...(folders === 0 ? [] : [words.folders(folders, numbers.format(folders))]),
    ...(files === 0 ? [] : [words.files(files, numbers.format(files))]),
  ].join(', ');
}
