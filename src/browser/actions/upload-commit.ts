import { isDriveError } from '../../drive/errors.ts';
import { checkConditions, statOrNull } from '../../webdav/check-conditions.ts';
import { committing, refuseLocked } from '../../webdav/locks/lock-guard.ts';
import { entryJson } from '../entry-json.ts';
import { BrowserError } from '../errors.ts';
import { sendJson } from '../headers.ts';
import type { Action, BrowserRequest } from '../request.ts';
import { uploadIdOf } from '../upload-id.ts';

const CANCEL_TIMEOUT_MS = 15_000;
/** 160 bits in Base64. */
const HASH = /^[A-Za-z0-9+/]{27}=$/;

/**
 * `?action=upload-commit` `{id, quickXorHash?}`: makes the file of the bytes at OneDrive. Rights, conditions and locks
 * are checked as at the end of a PUT. Answers the entry, with 201 for a new file and 200 for a replaced one: a 204 could not show it.
 */
export const uploadCommit: Action = async (request, response, input) => {
  const { drive, path, services } = request;
  const id = uploadIdOf(input);
  const quickXorHash = hashOf(input.quickXorHash);
  await drive.prepare(path, { signal: request.signal });
  const commit = async () => {
    const change = await checkNow(request);
    const { signal, user: owner } = request;
    return committing(request, [[path, change]], beforeCommit =>
      drive.commitUpload(path, { id, owner, quickXorHash, signal, beforeCommit }),
    );
  };
  const { entry, created } = await commit().catch(async (error: unknown) => {
    await endWithoutRight(request, id, error);
    throw error;
  });
  services.downloads.written(entry);
  sendJson(response, created ? 201 : 200, { entry: entryJson(entry) });
};

/** Checks conditions and locks now; returns the kind of the change. */
async function checkNow(request: BrowserRequest): Promise<'new' | 'entry'> {
  const { drive, path, signal } = request;
  const old = await statOrNull(drive, path, { signal, beforeWrite: true });
  await checkConditions(request, old);
  const change = old === null ? 'new' : 'entry';
  await refuseLocked(request, path, change);
  return change;
}

/** The URL in the hands of somebody who has lost the right to write must not work any longer. */
async function endWithoutRight({ drive, path, user: owner }: BrowserRequest, id: string, error: unknown) {
  if (isDriveError(error, 'read-only', 'forbidden')) {
    await drive.cancelUpload(path, { id, owner, signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS) }).catch(() => {});
  }
}

function hashOf(value: unknown): string | undefined {
  if (value !== undefined && (typeof value !== 'string' || !HASH.test(value))) {
    throw new BrowserError(400, 'bad-request', 'quickXorHash must be 160 bits in Base64');
  }
  return value;
}
