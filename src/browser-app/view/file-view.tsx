import type { ComponentChildren } from 'preact';
import { parentHref } from '../dav/href.ts';
import { filter, listing, refresh, shown } from '../state/listing.ts';
import { open } from '../state/navigation.ts';
import { ROOT } from '../state/page.ts';
import { layout } from '../state/settings.ts';
import { chooseFiles } from '../state/uploads.ts';
import { say, sayError } from '../words/words.ts';
import { canWrite } from './entry-menu.ts';
import { FileGrid } from './file-grid.tsx';
import { FileList } from './file-list.tsx';
import { Icon, type IconName } from './icons.tsx';

/** The entries, or what is to be said instead of them. */
export function FileView() {
  const { phase, error, entries, place } = listing.value;
  if (phase === 'error' && error !== undefined) {
    return <Failure text={sayError(error.code)} />;
  }
  if (entries.length === 0) {
    return phase === 'loading' ? <Skeleton /> : <Empty search={place.search} />;
  }
  return (
    <>
      {place.search !== undefined && (
        <p class="search-note">
          <strong>{say('searchResults', { text: place.search })}</strong> {say('searchNote')}
        </p>
      )}
      {shown.value.length === 0 ? <NoMatch /> : layout.value === 'grid' ? <FileGrid /> : <FileList />}
    </>
  );
}

/** A listing that failed is never shown as a short one. There is a way out, and one to try again. */
function Failure({ text }: { readonly text: string }) {
  const { place } = listing.value;
  return (
    <Notice icon="warning" title={say('errorTitle')} text={text} role="alert">
      <button type="button" class="button primary" onClick={() => void refresh()}>
        {say('retry')}
      </button>
      {place.href !== ROOT && (
        <button
          type="button"
          class="button"
          onClick={() => open(place.search === undefined ? parentHref(place.href) : place.href)}
        >
          {say('back')}
        </button>
      )}
    </Notice>
  );
}

function Empty({ search }: { readonly search: string | undefined }) {
  if (search !== undefined) {
    return (
      <Notice icon="search" title={say('nothingFound', { text: search })} text={say('searchNote')}>
        <button type="button" class="button" onClick={() => open(listing.value.place.href)}>
          {say('back')}
        </button>
      </Notice>
    );
  }
  return canWrite() ? (
    <Notice icon="upload" title={say('emptyTitle')} text={say('emptyHint')}>
      <button type="button" class="button" onClick={() => chooseFiles({ isFolder: false })}>
        {say('uploadFiles')}
      </button>
    </Notice>
  ) : (
    <Notice icon="folderPlus" title={say('emptyTitle')} text={say('emptyReadOnly')} />
  );
}

function NoMatch() {
  const { head, place } = listing.value;
  const text = filter.value.trim();
  return (
    <Notice icon="search" title={say('noMatch', { text })}>
      {head?.can.search && (
        <button type="button" class="button" onClick={() => open(place.href, text)}>
          {say('searchBelow')}
        </button>
      )}
    </Notice>
  );
}

interface NoticeProps {
  readonly icon: IconName;
  readonly title: string;
  readonly text?: string;
  readonly role?: 'alert';
  readonly children?: ComponentChildren;
}

function Notice({ icon, title, text, role, children }: NoticeProps) {
  return (
    <section class="notice" role={role}>
      <span class="notice-icon">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      {text !== undefined && <p>{text}</p>}
      <div class="notice-actions">{children}</div>
    </section>
  );
}

const SKELETON_ROWS = 10;

/** The shape of a list that is on its way. */
function Skeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: SKELETON_ROWS }, (_, row) => (
        <div key={row} class={`bone bone-${row % 4}`} />
      ))}
    </div>
  );
}
