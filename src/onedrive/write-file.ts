import type { WriteOptions } from '../drive/drive.ts';
import { pathKey } from '../drive/path.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { KeyedLock } from '../lib/keyed-lock.ts';
import { abortable } from './bodies.ts';
import { checkExpectation, explainClash } from './expectations.ts';
import type { FragmentSize } from './fragment-size.ts';
import { fromChangeError } from './from-graph-error.ts';
import type { FolderParts } from './make-folder.ts';
import type { OneDriveOptions } from './onedrive-options.ts';
import { uploadBody } from './upload.ts';
import { type BothPaths, findWriteTarget } from './write-target.ts';

interface WriteParts extends FolderParts {
  readonly options: OneDriveOptions & { readonly fragmentSize: FragmentSize };
  /** Commits to one path run one after the other, so that their checks still hold. */
  readonly commits: KeyedLock;
}

/** Writes a file, and remembers it. Throws as `Drive.write`. */
export async function writeFile(
  parts: WriteParts,
  both: BothPaths,
  body: AsyncIterable<Uint8Array>,
  options: WriteOptions,
): Promise<{ item: DriveItem; created: boolean }> {
  const { cache, commits } = parts;
  const { full } = both;
  const { signal, expect, length, created, modified } = options;
  const { old, place } = await findWriteTarget(parts, both, options);
  const commit = <T>(send: () => Promise<T>) => commits.run(pathKey(full), () => checked(parts, both, options, send));
  const conflict = expect?.kind === 'absent' ? 'fail' : 'replace';
  const item = await uploadBody(parts.options, abortable(body, signal), {
    place,
    conflict,
    length,
    times: { created, modified },
    previous: old,
    commit,
    signal,
  }).catch((error: unknown) => {
    // After any failure, only Graph knows what is there now.
    cache.forgetTree(full);
    throw explainClash(fromChangeError(error), conflict === 'fail' ? 'free-name' : 'any');
  });
  cache.put(full, item);
  return { item, created: old === null };
}

/** Rereads the target, and runs `send` if it still is what the caller expects. */
async function checked<T>(
  { resolver }: WriteParts,
  { path, full }: BothPaths,
  { expect, signal, beforeCommit }: WriteOptions,
  send: () => Promise<T>,
): Promise<T> {
  await beforeCommit?.();
  if (expect?.kind === 'etag') {
    checkExpectation(await resolver.load(full, signal), expect, path);
  }
  return send();
}
