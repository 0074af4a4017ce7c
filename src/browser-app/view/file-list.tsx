import { useLayoutEffect, useRef } from 'preact/hooks';
import { type Entry, keyOf } from '../dav/entry.ts';
import { fileKindOf } from '../dav/file-kind.ts';
import { COLUMNS, type Column, orderAfter } from '../dav/sort.ts';
import { clipboard } from '../state/clipboard.ts';
import { canDrag, dropFolder, endDrag, startDrag, takesEntries } from '../state/dragging.ts';
import { listing, shown } from '../state/listing.ts';
import { hrefOf } from '../state/navigation.ts';
import { clearSelection, cursorIndex, cursorKey, selectAll, selected, toggle } from '../state/selection.ts';
import { order } from '../state/settings.ts';
import { formatBytes, formatTime } from '../words/format.ts';
import { say, sayCount } from '../words/words.ts';
import { handleKey } from './entries-keys.ts';
import { entryMenu, openEntry } from './entry-menu.ts';
import { FileIcon, Icon } from './icons.tsx';
import { followLink } from './link.ts';
import { MenuButton, openMenuAt } from './menu.tsx';
import { press } from './press.ts';
import { SelectBox } from './select-box.tsx';
import { useVirtualRows } from './use-virtual-rows.ts';

/** Of a row and of the header; style/list.css has the same. */
const ROW_HEIGHT = 44;
const HEADER_HEIGHT = 36;

/** The entries as a table of which only the rows in sight exist (WAI-ARIA, grid). */
export function FileList() {
  const scroller = useRef<HTMLDivElement>(null);
  const entries = shown.value;
  const { items, totalHeight, show } = useVirtualRows({
    scroller,
    count: entries.length,
    height: ROW_HEIGHT,
    above: HEADER_HEIGHT,
  });
  useLayoutEffect(() => {
    if (cursorIndex.value >= 0) {
      show(cursorIndex.value);
    }
  }, [cursorKey.value, cursorIndex.value]);
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 2);
  const isSearch = listing.value.place.search !== undefined;
  return (
    <div
      ref={scroller}
      id="entries"
      class={`scroller list ${isSearch ? 'with-place' : ''}`}
      role="grid"
      aria-label={sayCount('items', entries.length)}
      aria-rowcount={entries.length + 1}
      aria-multiselectable="true"
      aria-activedescendant={activeRow(items)}
      tabIndex={0}
      onKeyDown={event => handleKey(event, { line: 1, page, isWide: false })}
      onContextMenu={event => openContextMenu(event, undefined)}
    >
      <Header isSearch={isSearch} />
      <div role="rowgroup" class="rows" style={{ height: `${totalHeight}px` }}>
        {items.map(({ index, start }) => (
          <Row key={keyOf(entries[index]!)} entry={entries[index]!} index={index} top={start} isSearch={isSearch} />
        ))}
      </div>
    </div>
  );
}

/** The id of the cursor's row, if it exists now. */
function activeRow(items: readonly { readonly index: number }[]): string | undefined {
  const at = cursorIndex.value;
  return items.some(({ index }) => index === at) ? rowId(at) : undefined;
}

function rowId(index: number): string {
  return `entry-${index}`;
}

function Header({ isSearch }: { readonly isSearch: boolean }) {
  const isAll = selected.value.size > 0 && selected.value.size === shown.value.length;
  return (
    <div role="rowgroup" class="header">
      <div role="row" aria-rowindex={1} class="row">
        <div role="columnheader" class="cell check">
          <SelectBox
            label={say('selectAll')}
            isChecked={isAll}
            box={box => {
              if (box !== null) {
                box.indeterminate = selected.value.size > 0 && !isAll;
              }
            }}
            onChange={() => (isAll ? clearSelection() : selectAll())}
          />
        </div>
        {COLUMNS.map(column => (
          <ColumnHeader key={column} column={column} />
        ))}
        {isSearch && (
          <div role="columnheader" class="cell place">
            {say('place')}
          </div>
        )}
        <div role="columnheader" class="cell tools">
          <span class="unseen">{say('more')}</span>
        </div>
      </div>
    </div>
  );
}

function ColumnHeader({ column }: { readonly column: Column }) {
  const { by, isDescending } = order.value;
  const isSorted = by === column;
  return (
    <div
      role="columnheader"
      class={`cell ${column}`}
      aria-sort={isSorted ? (isDescending ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        tabIndex={-1}
        onClick={() => {
          order.value = orderAfter(order.value, column);
        }}
      >
        {say(column)}
        {isSorted && <Icon name={isDescending ? 'down' : 'up'} />}
      </button>
    </div>
  );
}

interface RowProps {
  readonly entry: Entry;
  readonly index: number;
  readonly top: number;
  readonly isSearch: boolean;
}

function Row({ entry, index, top, isSearch }: RowProps) {
  const key = keyOf(entry);
  const isSelected = selected.value.has(key);
  const isCut = clipboard.value?.method === 'MOVE' && clipboard.value.items.some(({ href }) => href === hrefOf(entry));
  const isDropped = entry.kind === 'folder' && dropFolder.value === hrefOf(entry);
  const isAtCursor = cursorKey.value === key;
  return (
    <div
      id={rowId(index)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      class={`row ${isAtCursor ? 'at-cursor' : ''} ${isCut ? 'is-cut' : ''} ${isDropped ? 'drop-into' : ''}`}
      draggable={canDrag()}
      onDragStart={event => startDrag(event, entry)}
      onDragEnd={endDrag}
      {...(entry.kind === 'folder' ? takesEntries(hrefOf(entry)) : {})}
      style={{ transform: `translateY(${top}px)` }}
      onClick={event => press(event, entry)}
      onDblClick={() => openEntry(entry)}
      onContextMenu={event => openContextMenu(event, entry)}
    >
      <div role="gridcell" class="cell check">
        <SelectBox label={say('select', { name: entry.name })} isChecked={isSelected} onChange={() => toggle(entry)} />
      </div>
      <div role="gridcell" class="cell name">
        <FileIcon kind={fileKindOf(entry)} isShortcut={entry.shortcut ?? false} />
        <a
          href={hrefOf(entry)}
          tabIndex={-1}
          draggable={false}
          translate={false}
          onClick={followLink(() => openEntry(entry))}
        >
          {entry.kind === 'folder' && <span class="unseen">{say('folder')} </span>}
          <bdi>{entry.name}</bdi>
        </a>
      </div>
      <div role="gridcell" class="cell size">
        {entry.size === undefined ? '' : formatBytes(entry.size)}
      </div>
      <div role="gridcell" class="cell modified">
        <time dateTime={entry.modified}>{formatTime(entry.modified)}</time>
      </div>
      {isSearch && (
        <div role="gridcell" class="cell place" translate={false}>
          <bdi>{(entry.path ?? []).slice(0, -1).join(' / ')}</bdi>
        </div>
      )}
      <div role="gridcell" class="cell tools">
        <MenuButton label={`${say('more')}: ${entry.name}`} groups={() => entryMenu([entry])} isSkipped>
          <Icon name="more" />
        </MenuButton>
      </div>
    </div>
  );
}

/** Opens the menu of what is selected, if the entry is a part of it; else of the entry, or of the folder. */
export function openContextMenu(event: MouseEvent, entry: Entry | undefined): void {
  if (event.shiftKey) {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  if (entry !== undefined && !selected.value.has(keyOf(entry))) {
    clearSelection();
    toggle(entry);
  }
  const entries = entry === undefined ? [] : shown.value.filter(each => selected.value.has(keyOf(each)));
  openMenuAt(event, say('more'), entryMenu(entries));
}
