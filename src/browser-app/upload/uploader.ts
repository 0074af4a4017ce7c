import { signal } from '@preact/signals';
import { foldName } from '../dav/entry.ts';
import { asRequestError, isAbort, type RequestError } from '../dav/errors.ts';
import { freeName } from '../dav/free-name.ts';
import { memberHref, nameIn } from '../dav/href.ts';
import { currentTag } from '../dav/methods.ts';
import { Conflicts } from '../state/conflicts.ts';
import type { Collection } from './collect.ts';
import { Folders } from './folders.ts';
import { isSame } from './same-file.ts';
import type { Job, Sending, Transport } from './transport.ts';
import { type Batch, type Status, Upload } from './upload.ts';

const AT_ONCE = 3;
/** With the waits between them, some two minutes. */
const MAX_FAILURES = 7;
const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 60_000;

export interface UploaderOptions {
  readonly transport: Transport;
  /** A name that is taken gets another one, without a question. */
  readonly keepsBoth?: boolean;
  /** Is told of each file that is stored, by the href of the folder that the batch goes into. */
  readonly onStored: (folder: string) => void;
  /** Is told of a folder that could not be made. */
  readonly onFolderFailed: (name: string, error: RequestError) => void;
  readonly wait?: (ms: number) => Promise<void>;
}

/** Uploads files, three at once, and keeps at it. */
export class Uploader {
  readonly uploads = signal<readonly Upload[]>([]);
  readonly #options: UploaderOptions;
  #running = 0;
  #last = 0;

  constructor(options: UploaderOptions) {
    this.#options = options;
  }

  /** Begins to upload into the folder of `href`. `mayGoDirect`: as in `Job`. */
  add({ files, emptyFolders }: Collection, href: string, { mayGoDirect }: { readonly mayGoDirect: boolean }): void {
    const batch: Batch = { folder: href, mayGoDirect, folders: new Folders(href), conflicts: new Conflicts() };
    const added = files.map(({ file, folders }) => {
      this.#last += 1;
      return new Upload(this.#last, { file, path: folders, batch });
    });
    this.uploads.value = [...this.uploads.value, ...added];
    for (const path of emptyFolders) {
      batch.folders.ensure(path).then(
        () => this.#options.onStored(href),
        error => this.#options.onFolderFailed(path.at(-1)!, asRequestError(error)),
      );
    }
    this.#pump();
  }

  /** Stops an upload until `resume`. */
  pause(upload: Upload): void {
    if (!upload.hasEnded && upload.status.value !== 'asking') {
      this.#stop(upload, 'paused');
    }
  }

  /** Goes on with an upload that was paused or has failed. */
  resume(upload: Upload): void {
    if (upload.status.value === 'paused' || upload.status.value === 'failed') {
      upload.failures = 0;
      upload.error.value = undefined;
      this.#queue(upload);
    }
  }

  cancel(upload: Upload): void {
    if (upload.status.value !== 'done') {
      this.#stop(upload, 'cancelled');
      this.#options.transport.abandon(upload.file);
      this.uploads.value = this.uploads.value.filter(each => each !== upload);
    }
  }

  /** Cancels all that are not stored yet. */
  cancelAll(): void {
    for (const upload of this.uploads.value) {
      if (!upload.hasEnded) {
        this.cancel(upload);
      }
    }
  }

  /** Takes those that have ended off the list. */
  clear(): void {
    this.uploads.value = this.uploads.value.filter(upload => !upload.hasEnded);
  }

  #stop(upload: Upload, status: Status): void {
    upload.status.value = status;
    upload.abort.abort();
  }

  #queue(upload: Upload): void {
    upload.status.value = 'waiting';
    this.#pump();
  }

  #pump(): void {
    for (const upload of this.uploads.value) {
      if (this.#running >= AT_ONCE) {
        return;
      }
      if (upload.status.value === 'waiting') {
        this.#running += 1;
        void this.#run(upload).finally(() => {
          this.#running -= 1;
          this.#pump();
        });
      }
    }
  }

  async #run(upload: Upload): Promise<void> {
    upload.abort = new AbortController();
    upload.status.value = 'running';
    upload.sent.value = 0;
    const { signal } = upload.abort;
    try {
      const folder = await upload.batch.folders.ensure(upload.path);
      signal.throwIfAborted();
      const job = {
        file: upload.file,
        href: memberHref(folder, { name: upload.name.value, kind: 'file' }),
        condition: upload.condition,
        mayGoDirect: upload.batch.mayGoDirect,
      };
      const onProgress = (bytes: number) => {
        upload.sent.value = bytes;
      };
      const onKept = () => {
        upload.failures = 0;
      };
      await this.#send(job, { signal, onProgress, onKept });
      upload.sent.value = upload.file.size;
      upload.status.value = 'done';
      this.#options.onStored(upload.batch.folder);
    } catch (error) {
      if (!signal.aborted && !isAbort(error)) {
        this.#failed(upload, asRequestError(error));
      }
    }
  }

  /** As the transport, but a target that is this very file already is no failure. */
  async #send(job: Job, sending: Sending): Promise<void> {
    const { transport } = this.#options;
    try {
      await transport.send(job, sending);
    } catch (error) {
      if (asRequestError(error).code !== 'precondition' || !(await isSame(job, sending.signal))) {
        throw error;
      }
      transport.abandon(job.file);
    }
  }

  #failed(upload: Upload, error: RequestError): void {
    if (error.code === 'precondition') {
      upload.status.value = 'asking';
      void this.#ask(upload).catch(failure => this.#failed(upload, asRequestError(failure)));
      return;
    }
    upload.failures += 1;
    if (!error.isPassing || upload.failures >= MAX_FAILURES) {
      upload.error.value = error;
      upload.status.value = 'failed';
      return;
    }
    upload.status.value = 'retrying';
    const { signal } = upload.abort;
    void this.#wait(error.retryAfterMs ?? waitAfter(upload.failures)).then(() => {
      // It may have been paused or cancelled meanwhile.
      if (!signal.aborted && upload.status.value === 'retrying') {
        this.#queue(upload);
      }
    });
  }

  #wait(ms: number): Promise<void> {
    return (this.#options.wait ?? (time => new Promise(resolve => setTimeout(resolve, time))))(ms);
  }

  /** Asks what to do with a name that is taken; the place in the queue is free meanwhile. */
  async #ask(upload: Upload): Promise<void> {
    const { batch, path, name } = upload;
    const folder = await batch.folders.ensure(path);
    const choice =
      upload.isKeptBeside || this.#options.keepsBoth
        ? 'keep-both'
        : await batch.conflicts.choose({ name: name.value, folder: nameIn(folder), canReplace: true });
    if (upload.status.value !== 'asking') {
      return;
    }
    if (choice === 'skip') {
      upload.status.value = 'skipped';
      this.#options.transport.abandon(upload.file);
      return;
    }
    if (choice === 'keep-both') {
      // Should that name be taken as well, the next one is tried without a question.
      upload.isKeptBeside = true;
      upload.taken.add(foldName(name.value));
      name.value = freeName(name.value, upload.taken);
      upload.condition = { kind: 'absent' };
    } else {
      const etag = await currentTag(memberHref(folder, { name: name.value, kind: 'file' }));
      upload.condition = etag === undefined ? { kind: 'absent' } : { kind: 'version', etag };
    }
    this.#queue(upload);
  }
}

/** Twice as long each time, and never the same for two that have failed together. */
function waitAfter(failures: number): number {
  return Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)) * (0.75 + Math.random() / 2);
}
