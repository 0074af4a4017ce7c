import { useEffect } from 'preact/hooks';
import { nameIn } from '../dav/href.ts';
import { dialogs } from '../state/dialogs.ts';
import { listing } from '../state/listing.ts';
import { ROOT } from '../state/page.ts';
import { uploadHere } from '../state/uploads.ts';
import { nameOfRoot } from './breadcrumbs.tsx';
import { DropTarget } from './drop-target.tsx';
import { FileView } from './file-view.tsx';
import { MenuHost } from './menu.tsx';
import { News } from './news.tsx';
import { Preview } from './preview/preview.tsx';
import { StatusBar } from './status-bar.tsx';
import { Toolbar } from './toolbar.tsx';
import { TopBar } from './top-bar.tsx';
import { usePastedFiles } from './use-pasted-files.ts';

/** The whole page. */
export function App() {
  useTitle();
  usePastedFiles(uploadHere);
  return (
    <DropTarget name={listing.value.head?.can.upload === 'no' ? undefined : nameOfPlace()} onDrop={uploadHere}>
      <TopBar />
      <main>
        <h1 class="unseen">{nameOfPlace()}</h1>
        <Toolbar />
        <FileView />
        <MenuHost />
      </main>
      <StatusBar />
      <News />
      <Preview />
      {dialogs.value.map(({ id, render }) => (
        <div key={id}>{render()}</div>
      ))}
    </DropTarget>
  );
}

/** The name of the folder that is shown. */
function nameOfPlace(): string {
  const { head, place } = listing.value;
  const isRoot = head === undefined ? place.href === ROOT : head.path.length === 0;
  return isRoot ? nameOfRoot() : (head?.path.at(-1) ?? nameIn(place.href));
}

/** A browser tab shows little more than the folder's own name, so that comes first. */
function useTitle(): void {
  const above = (listing.value.head?.path ?? []).slice(0, -1).join('/');
  const own = nameOfPlace();
  useEffect(() => {
    document.title = `${own}${above === '' ? '' : ` – ${above}`}`;
  }, [own, above]);
}
