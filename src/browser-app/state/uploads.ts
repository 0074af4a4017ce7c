import { computed } from '@preact/signals';
import { type Collection, collectChosen } from '../upload/collect.ts';
import { DirectTransport } from '../upload/direct.ts';
import { PutTransport } from '../upload/put.ts';
import { SendOnlyTransport } from '../upload/send-only.ts';
import { unfinished } from '../upload/unfinished.ts';
import { Uploader } from '../upload/uploader.ts';
import { say, sayCount, sayError } from '../words/words.ts';
import { listing, refreshFolder } from './listing.ts';
import { ROOT, TAKES_FILES_AS } from './page.ts';
import { tell, tellFailure } from './toasts.ts';

/** Many small files are stored in a second; the list is read once for them. */
const REFRESH_MS = 1_000;

const toRefresh = new Set<string>();

export const uploader = new Uploader({
  ...(TAKES_FILES_AS === undefined
    ? { transport: new DirectTransport(new PutTransport()) }
    : { transport: new SendOnlyTransport(new PutTransport(), ROOT), keepsBoth: true }),
  onStored: folder => {
    if (TAKES_FILES_AS === undefined && toRefresh.size === 0) {
      setTimeout(refreshChanged, REFRESH_MS);
    }
    toRefresh.add(folder);
  },
  onFolderFailed: (name, { code }) => tellFailure(`${say('uploadFoldersFailed', { name })} ${sayError(code)}`),
});

/** How far all uploads of the list are. */
export const summary = computed(() => {
  const uploads = uploader.uploads.value;
  const sum = { total: uploads.length, active: 0, done: 0, failed: 0, bytes: 0, sent: 0 };
  for (const upload of uploads) {
    const status = upload.status.value;
    sum.active += upload.hasEnded ? 0 : 1;
    sum.done += status === 'done' ? 1 : 0;
    sum.failed += status === 'failed' ? 1 : 0;
    sum.bytes += upload.file.size;
    sum.sent += upload.hasEnded ? upload.file.size : upload.sent.value;
  }
  return sum;
});

/** Uploads into the folder that is shown. */
export function uploadHere(collection: Collection): void {
  if (TAKES_FILES_AS !== undefined) {
    uploader.add(collection, ROOT, { mayGoDirect: false });
    return;
  }
  const { head, place } = listing.value;
  if (head === undefined || head.can.upload === 'no') {
    tellFailure(say('uploadNotHere'));
    return;
  }
  uploader.add(collection, place.href, { mayGoDirect: head.can.upload === 'direct' });
}

/** Lets the user choose files, or a folder, and uploads them. */
export function chooseFiles({ isFolder }: { isFolder: boolean }): void {
  const field = document.createElement('input');
  field.type = 'file';
  field.multiple = true;
  field.webkitdirectory = isFolder;
  field.onchange = () => uploadHere(collectChosen(field.files ?? []));
  field.click();
}

/** Reminds the user of uploads that ended with the page they were on. */
export function tellUnfinished(): void {
  const { count } = unfinished;
  if (count > 0) {
    tell(sayCount('uploadsUnfinished', count));
  }
}

/** The browser asks before it leaves the page while something is on its way. */
export function guardUploads(): void {
  addEventListener('beforeunload', event => {
    if (summary.value.active > 0) {
      event.preventDefault();
    }
  });
}

function refreshChanged(): void {
  const hrefs = [...toRefresh];
  toRefresh.clear();
  for (const href of hrefs) {
    void refreshFolder(href);
  }
}
