import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { type Entry, keyOf } from '../../dav/entry.ts';
import { fileKindOf } from '../../dav/file-kind.ts';
import { download } from '../../state/download.ts';
import { listing, shown } from '../../state/listing.ts';
import { closePreview, openPreview, previewed } from '../../state/navigation.ts';
import { formatBytes, formatTime } from '../../words/format.ts';
import { say } from '../../words/words.ts';
import { askDetails } from '../dialogs/details.tsx';
import { FileIcon, Icon, type IconName } from '../icons.tsx';
import { PreviewBody } from './preview-body.tsx';

/** The file that is looked at, over the whole page; the keyboard goes to its neighbours. */
export function Preview() {
  const key = previewed.value;
  const entry = key === undefined ? undefined : shown.value.find(each => keyOf(each) === key);
  const isGone = key !== undefined && entry === undefined && listing.value.phase === 'ready';
  useEffect(() => {
    if (isGone) {
      closePreview();
    }
  }, [isGone]);
  return entry === undefined ? null : <PreviewDialog entry={entry} />;
}

function PreviewDialog({ entry }: { readonly entry: Entry }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current!;
    element.showModal();
    return () => element.close();
  }, []);
  const files = shown.value.filter(({ kind }) => kind === 'file');
  const at = files.findIndex(each => keyOf(each) === keyOf(entry));
  const go = (by: number) => {
    const next = files[at + by];
    return next && openPreview(next);
  };
  return (
    <dialog
      ref={dialog}
      class="preview"
      aria-label={entry.name}
      onCancel={event => {
        event.preventDefault();
        closePreview();
      }}
      onKeyDown={event => {
        // Players and texts use the arrows themselves.
        const isOwn = event.target instanceof HTMLMediaElement || event.target instanceof HTMLPreElement;
        if (!isOwn && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
          go(event.key === 'ArrowLeft' ? -1 : 1);
        }
      }}
    >
      <header>
        <FileIcon kind={fileKindOf(entry)} />
        <div class="preview-title">
          <h2 translate={false}>
            <bdi>{entry.name}</bdi>
          </h2>
          <small>
            {entry.size === undefined ? '' : `${formatBytes(entry.size)} · `}
            {formatTime(entry.modified)}
          </small>
        </div>
        <Press icon="info" label={say('details')} onClick={() => void askDetails(entry)} />
        <Press icon="download" label={say('download')} onClick={() => void download([entry])} />
        <Press icon="close" label={say('close')} onClick={closePreview} />
      </header>
      <div class="preview-stage">
        <PreviewBody key={`${keyOf(entry)} ${entry.etag}`} entry={entry} />
      </div>
      {at > 0 && <Step side="left" label={say('previous')} onClick={() => go(-1)} />}
      {at < files.length - 1 && <Step side="right" label={say('next')} onClick={() => go(1)} />}
    </dialog>
  );
}

interface PressProps {
  readonly label: string;
  readonly onClick: () => void;
}

function Press({ icon, label, onClick }: PressProps & { readonly icon: IconName }) {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

function Step({ side, label, onClick }: PressProps & { readonly side: 'left' | 'right' }) {
  return (
    <button type="button" class={`icon-button step ${side}`} aria-label={label} title={label} onClick={onClick}>
      <Icon name="chevron" />
    </button>
  );
}
