import { useEffect, useRef, useState } from 'preact/hooks';
import { nameIn } from '../dav/href.ts';
import { dialogs } from '../state/dialogs.ts';
import { listing } from '../state/listing.ts';
import { ROOT } from '../state/page.ts';
import { uploadHere } from '../state/uploads.ts';
import { collectChosen, collectDropped } from '../upload/collect.ts';
import { say } from '../words/words.ts';
import { nameOfRoot } from './breadcrumbs.tsx';
import { FileView } from './file-view.tsx';
import { Icon } from './icons.tsx';
import { MenuHost } from './menu.tsx';
import { Preview } from './preview/preview.tsx';
import { StatusBar } from './status-bar.tsx';
import { Toasts } from './toasts.tsx';
import { Toolbar } from './toolbar.tsx';
import { TopBar } from './top-bar.tsx';
import { UploadPanel } from './upload-panel.tsx';

/** The whole page. */
export function App() {
  useTitle();
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const files = event.clipboardData?.files ?? [];
      if (files.length > 0 && dialogs.value.length === 0) {
        event.preventDefault();
        uploadHere(collectChosen(files));
      }
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, []);
  return (
    <DropTarget>
      <TopBar />
      <main>
        <h1 class="unseen">{nameOfPlace()}</h1>
        <Toolbar />
        <FileView />
        <MenuHost />
      </main>
      <StatusBar />
      <UploadPanel />
      <Toasts />
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

/** Takes files that are dropped anywhere on the page. */
function DropTarget({ children }: { readonly children: preact.ComponentChildren }) {
  const [isOver, setOver] = useState(false);
  // A drag enters an element before it leaves the last one.
  const depth = useRef(0);
  const change = (by: number) => {
    depth.current += by;
    setOver(depth.current > 0);
  };
  const isOfFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  return (
    <div
      class="app"
      onDragEnter={event => isOfFiles(event) && change(1)}
      onDragLeave={event => isOfFiles(event) && change(-1)}
      onDragOver={event => isOfFiles(event) && event.preventDefault()}
      onDrop={event => {
        if (isOfFiles(event)) {
          event.preventDefault();
          change(-depth.current);
          void collectDropped(event.dataTransfer!).then(uploadHere);
        }
      }}
    >
      {children}
      {isOver && listing.value.head?.can.upload !== 'no' && (
        <div class="drop-hint" aria-hidden="true">
          <Icon name="upload" />
          <span>{say('dropHint', { name: nameOfPlace() })}</span>
        </div>
      )}
    </div>
  );
}
