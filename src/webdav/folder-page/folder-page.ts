import type { Entry, Quota } from '../../drive/entry.ts';
import { formatBytes } from '../../lib/byte-size.ts';
import { escapeXml } from '../xml/xml-writer.ts';
import { type AppOnPage, renderAppHead } from './app-page.ts';
import { type Column, type FolderOrder, shownSize, sortEntries } from './folder-order.ts';
import { FOLDER_STYLE } from './folder-style.ts';

/** The number of entries rendered between two writes. */
const BATCH = 64;

const ROOT_LABEL = 'Home';
const NUMBERS = new Intl.NumberFormat('en');

/** Each column's title, and the direction after the first click: people look for the largest and the newest. */
const COLUMNS: Record<Column, { title: string; first: FolderOrder['direction'] }> = {
  name: { title: 'Name', first: 'asc' },
  size: { title: 'Size', first: 'desc' },
  modified: { title: 'Modified (UTC)', first: 'desc' },
};

export interface FolderPage {
  /** The names that lead from the root to the folder, as the client wrote them. */
  readonly names: readonly string[];
  readonly entries: readonly Entry[];
  readonly order: FolderOrder;
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
    yield '<p>This folder is empty.</p>\n';
  } else {
    yield* renderTable(page);
  }
  yield '</main>\n</body>\n</html>\n';
}

function renderTop({ names, quota, hrefOf, app }: FolderPage): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeXml(titleOf(names))}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>${FOLDER_STYLE}</style>
${app === undefined ? '' : renderAppHead(app)}</head>
<body>
<header>
${renderAncestors(names, hrefOf)}<h1 translate="no"><bdi>${escapeXml(names.at(-1) ?? ROOT_LABEL)}</bdi></h1>
${quota?.available === undefined ? '' : `<p>${renderSize(quota.available)} free</p>\n`}</header>
<main>
`;
}

/** The folder's own name comes first, because a browser tab shows little more. */
export function titleOf(names: readonly string[]): string {
  const above = names.slice(0, -1).join('/');
  return `${names.at(-1) ?? ROOT_LABEL}${above === '' ? '' : ` – ${above}`}`;
}

function renderAncestors(names: readonly string[], hrefOf: FolderPage['hrefOf']): string {
  const items = names.map((_, depth) => {
    const label = depth === 0 ? ROOT_LABEL : names[depth - 1]!;
    const href = hrefOf(names.slice(0, depth), 'folder');
    return `<li><a href="${escapeXml(href)}"><bdi>${escapeXml(label)}</bdi></a></li>`;
  });
  return items.length === 0
    ? ''
    : `<nav aria-label="Folders above"><ol translate="no">\n${items.join('\n')}\n</ol></nav>\n`;
}

function* renderTable(page: FolderPage): Generator<string> {
  const headers = (Object.keys(COLUMNS) as Column[]).map(column => renderColumnHeader(column, page)).join('\n');
  let batch = `<table>
<caption>${countOf(page.entries)}</caption>
<thead><tr>\n${headers}\n</tr></thead>
<tbody translate="no">
`;
  let count = 0;
  for (const entry of sortEntries(page.entries, page.order)) {
    batch += renderRow(entry, page);
    count += 1;
    if (count % BATCH === 0) {
      yield batch;
      batch = '';
    }
  }
  yield `${batch}</tbody>\n</table>\n`;
}

function renderColumnHeader(column: Column, { names, order, hrefOf, isPlain }: FolderPage): string {
  const { title, first } = COLUMNS[column];
  const isSorted = column === order.by;
  const next = isSorted ? (order.direction === 'asc' ? 'desc' : 'asc') : first;
  const sorted = isSorted ? ` aria-sort="${order.direction === 'asc' ? 'ascending' : 'descending'}"` : '';
  const href = `${hrefOf(names, 'folder')}?${isPlain ? 'view=plain&' : ''}sort=${column}&order=${next}`;
  return `<th scope="col"${sorted}><a href="${escapeXml(href)}">${title}</a></th>`;
}

/**
 * A hidden word tells a folder from a file. Screen readers do not read the drawn marks, and without the style there are
 * none.
 */
function renderRow(entry: Entry, { names, hrefOf }: FolderPage): string {
  const [look, kind] = entry.kind === 'folder' ? [' class="folder"', '<span class="unseen">Folder: </span>'] : ['', ''];
  const href = escapeXml(hrefOf([...names, entry.name], entry.kind));
  const size = shownSize(entry);
  return `<tr><th scope="row"><a${look} href="${href}">${kind}<bdi>${escapeXml(entry.name)}</bdi></a></th><td>${
    size === undefined ? '' : renderSize(size)
  }</td><td>${renderTime(entry.modified)}</td></tr>\n`;
}

function renderSize(bytes: number): string {
  return `<data value="${bytes}" title="${counted(bytes, 'byte')}">${formatBytes(bytes)}</data>`;
}

function renderTime(time: Date): string {
  const iso = time.toISOString();
  return `<time datetime="${iso.slice(0, 19)}Z">${iso.slice(0, 10)} ${iso.slice(11, 16)}</time>`;
}

function countOf(entries: readonly Entry[]): string {
  const folders = entries.filter(({ kind }) => kind === 'folder').length;
  const files = entries.length - folders;
  return [
    ...(folders === 0 ? [] : [counted(folders, 'folder')]),
    ...(files === 0 ? [] : [counted(files, 'file')]),
  ].join(', ');
}

function counted(count: number, noun: string): string {
  return `${NUMBERS.format(count)} ${noun}${count === 1 ? '' : 's'}`;
}
