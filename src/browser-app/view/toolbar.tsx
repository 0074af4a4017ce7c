import { COLUMNS, orderAfter } from '../dav/sort.ts';
import { askNewFolder, askRemove, askRename } from '../state/actions.ts';
import { clipboard } from '../state/clipboard.ts';
import { download } from '../state/download.ts';
import { listing } from '../state/listing.ts';
import { clearSelection, selection } from '../state/selection.ts';
import { layout, order } from '../state/settings.ts';
import { paste } from '../state/transfers.ts';
import { say, sayCount } from '../words/words.ts';
import { askShare } from './dialogs/share.tsx';
import { canCopy, canWrite, entryMenu, isSaved, keep, lookItems, newItems, shareable } from './entry-menu.ts';
import { Icon, type IconName } from './icons.tsx';
import { MenuButton } from './menu.tsx';

/** What can be done here; while something is selected, what can be done with that. */
export function Toolbar() {
  return (
    <div class="toolbar" role="toolbar" aria-label={say('more')}>
      {selection.value.length > 0 ? <SelectionTools /> : <FolderTools />}
      <span class="space" />
      <ViewTools />
    </div>
  );
}

function FolderTools() {
  const waiting = clipboard.value;
  const shared = listing.value.place.search === undefined ? shareable() : undefined;
  const share = shared && <Tool needs="some" icon="share" label={say('share')} onClick={() => void askShare(shared)} />;
  if (!canWrite()) {
    return share ?? null;
  }
  return (
    <>
      <MenuButton class="button primary" label={say('upload')} groups={() => [{ items: newItems() }]}>
        <Icon name="upload" />
        <span>{say('upload')}</span>
        <Icon name="down" />
      </MenuButton>
      <Tool needs="some" icon="folderPlus" label={say('newFolder')} onClick={() => void askNewFolder()} />
      {waiting !== undefined && (
        <Tool icon="paste" label={sayCount('pasteCount', waiting.items.length)} onClick={() => void paste()} />
      )}
      {share}
    </>
  );
}

function SelectionTools() {
  const entries = selection.value;
  const [first] = entries;
  const isOne = entries.length === 1;
  const shared = isOne ? shareable(first) : undefined;
  return (
    <>
      <button type="button" class="button selected-count" onClick={clearSelection} title={say('clearSelection')}>
        <Icon name="close" />
        <span>{sayCount('selected', entries.length)}</span>
      </button>
      <Tool
        icon="download"
        label={say(isSaved(entries) ? 'download' : 'downloadZip')}
        onClick={() => void download(entries)}
      />
      {shared && <Tool needs="much" icon="share" label={say('share')} onClick={() => void askShare(shared)} />}
      {canWrite() && (
        <>
          {isOne && <Tool needs="much" icon="rename" label={say('rename')} onClick={() => void askRename(first!)} />}
          <Tool needs="some" icon="cut" label={say('cut')} onClick={() => keep('MOVE', entries)} />
        </>
      )}
      {canCopy() && <Tool needs="some" icon="copy" label={say('copy')} onClick={() => keep('COPY', entries)} />}
      {canWrite() && <Tool icon="trash" label={say('remove')} onClick={() => void askRemove(entries)} />}
      <MenuButton label={say('more')} groups={() => entryMenu(entries)}>
        <Icon name="more" />
      </MenuButton>
    </>
  );
}

const COLUMN_WORDS = { name: 'name', size: 'size', modified: 'modified' } as const;

function ViewTools() {
  const next = layout.value === 'list' ? 'grid' : 'list';
  const sortItems = () =>
    COLUMNS.map(by => ({
      label: say('sortBy', { column: say(COLUMN_WORDS[by]) }),
      isChosen: order.value.by === by,
      run: () => {
        order.value = orderAfter(order.value, by);
      },
    }));
  const view = next === 'grid' ? say('viewGrid') : say('viewList');
  return (
    <span class="view-tools">
      <button
        type="button"
        class="icon-button"
        aria-label={view}
        title={view}
        onClick={() => {
          layout.value = next;
        }}
      >
        <Icon name={next} />
      </button>
      <MenuButton
        label={say('view')}
        groups={() => [
          { title: say('view'), items: sortItems() },
          ...(listing.value.head ? [{ items: lookItems() }] : []),
        ]}
      >
        <Icon name="more" />
      </MenuButton>
    </span>
  );
}

/** A button whose word is hidden where there is little room. */
function Tool({
  icon,
  label,
  onClick,
  needs,
}: {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
  /** The room that it needs: `much` is not on a phone, `some` not on a small one. A menu beside it has it as well. */
  readonly needs?: 'much' | 'some';
}) {
  return (
    <button
      type="button"
      class={`button tool ${needs === undefined ? '' : `needs-${needs}`}`}
      onClick={onClick}
      title={label}
    >
      <Icon name={icon} />
      <span>{label}</span>
    </button>
  );
}
