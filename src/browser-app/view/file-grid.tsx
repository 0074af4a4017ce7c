import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type Entry, keyOf } from '../dav/entry.ts';
import { type FileKind, fileKindOf } from '../dav/file-kind.ts';
import { viewHref } from '../dav/href.ts';
import { canDrag, dropFolder, endDrag, startDrag, takesEntries } from '../state/dragging.ts';
import { shown } from '../state/listing.ts';
import { hrefOf } from '../state/navigation.ts';
import { cursorIndex, cursorKey, selected, toggle } from '../state/selection.ts';
import { say, sayCount } from '../words/words.ts';
import { handleKey } from './entries-keys.ts';
import { openEntry } from './entry-menu.ts';
import { openContextMenu } from './file-list.tsx';
import { FileIcon } from './icons.tsx';
import { press } from './press.ts';
import { SelectBox } from './select-box.tsx';
import { useVirtualRows } from './use-virtual-rows.ts';

/** The smallest width of a tile, and the height of a row of them; style/grid.css has the same. */
const TILE_WIDTH = 168;
const ROW_HEIGHT = 188;

/** Graph has pictures of these (Microsoft, "thumbnailSet resource type"). */
const WITH_THUMBNAIL: readonly FileKind[] = ['image', 'video', 'pdf', 'document', 'sheet', 'slides'];

/**
 * The entries as tiles with thumbnails, of which only those in sight exist (WAI-ARIA, grid; an option of a listbox could
 * have no box of its own to select it with).
 */
export function FileGrid() {
  const scroller = useRef<HTMLDivElement>(null);
  const columns = useColumns(scroller);
  const entries = shown.value;
  const { items, totalHeight, show } = useVirtualRows({
    scroller,
    count: Math.ceil(entries.length / columns),
    height: ROW_HEIGHT,
    above: 8,
  });
  const at = cursorIndex.value;
  useLayoutEffect(() => {
    if (at >= 0) {
      show(Math.floor(at / columns));
    }
  }, [cursorKey.value, at]);
  const rowsOfPage = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT));
  const isThere = items.some(({ index }) => index === Math.floor(at / columns));
  return (
    <div
      ref={scroller}
      id="entries"
      class="scroller grid"
      role="grid"
      aria-label={sayCount('items', entries.length)}
      aria-rowcount={Math.ceil(entries.length / columns)}
      aria-colcount={columns}
      aria-multiselectable="true"
      aria-activedescendant={at >= 0 && isThere ? `entry-${at}` : undefined}
      tabIndex={0}
      onKeyDown={event => handleKey(event, { line: columns, page: columns * rowsOfPage, isWide: true })}
      onContextMenu={event => openContextMenu(event, undefined)}
    >
      <div role="rowgroup" class="rows" style={{ height: `${totalHeight}px` }}>
        {items.map(row => (
          <div
            key={row.index}
            role="row"
            aria-rowindex={row.index + 1}
            class="tiles"
            style={{ transform: `translateY(${row.start}px)`, gridTemplateColumns: `repeat(${columns}, 1fr)` }}
          >
            {entries.slice(row.index * columns, (row.index + 1) * columns).map((entry, column) => (
              <Tile key={keyOf(entry)} entry={entry} index={row.index * columns + column} column={column} />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

interface TileProps {
  readonly entry: Entry;
  /** Among all entries. */
  readonly index: number;
  readonly column: number;
}

function Tile({ entry, index, column }: TileProps) {
  const key = keyOf(entry);
  const isSelected = selected.value.has(key);
  const isDropped = entry.kind === 'folder' && dropFolder.value === hrefOf(entry);
  return (
    <div
      id={`entry-${index}`}
      role="gridcell"
      aria-colindex={column + 1}
      aria-selected={isSelected}
      aria-labelledby={`entry-${index}-name`}
      class={`tile ${cursorKey.value === key ? 'at-cursor' : ''} ${isDropped ? 'drop-into' : ''}`}
      draggable={canDrag()}
      onDragStart={event => startDrag(event, entry)}
      onDragEnd={endDrag}
      {...(entry.kind === 'folder' ? takesEntries(hrefOf(entry)) : {})}
      title={entry.name}
      onClick={event => press(event, entry)}
      onDblClick={() => openEntry(entry)}
      onContextMenu={event => openContextMenu(event, entry)}
    >
      <Thumbnail entry={entry} />
      <SelectBox label={say('select', { name: entry.name })} isChecked={isSelected} onChange={() => toggle(entry)} />
      <bdi id={`entry-${index}-name`} class="tile-name" translate={false}>
        {entry.name}
      </bdi>
    </div>
  );
}

/** The picture that Microsoft has of a file; its icon, where there is none. */
function Thumbnail({ entry }: { readonly entry: Entry }) {
  const [isMissing, setMissing] = useState(false);
  const kind = fileKindOf(entry);
  return (
    <span class="thumbnail">
      {isMissing || !WITH_THUMBNAIL.includes(kind) ? (
        <FileIcon kind={kind} isShortcut={entry.shortcut ?? false} />
      ) : (
        <img
          src={viewHref(hrefOf(entry), 'thumbnail', { size: 'medium', v: entry.etag })}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
          onError={() => setMissing(true)}
        />
      )}
    </span>
  );
}

function useColumns(scroller: preact.RefObject<HTMLElement | null>): number {
  const [columns, setColumns] = useState(1);
  useLayoutEffect(() => {
    const element = scroller.current!;
    const observer = new ResizeObserver(() => setColumns(Math.max(1, Math.floor(element.clientWidth / TILE_WIDTH))));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return columns;
}
