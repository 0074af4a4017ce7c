import type { OpenedUpload } from '../../drive/direct-upload.ts';
import type { Expectation } from '../../drive/drive.ts';
import type { Entry } from '../../drive/entry.ts';
import { DriveError } from '../../drive/errors.ts';
import { formatPath } from '../../drive/path.ts';
import { checkConditions, statOrNull } from '../../webdav/check-conditions.ts';
import { refuseLocked } from '../../webdav/locks/lock-guard.ts';
import { expectationOf } from '../../webdav/preconditions.ts';
import { refuseCollectionUrl } from '../../webdav/request.ts';
import { isWorthDirect, mayGoDirect } from '../direct-way.ts';
import { BrowserError } from '../errors.ts';
import { sendJson } from '../headers.ts';
import type { Action, BrowserRequest } from '../request.ts';

/** What the app asks for before it sends a file. */
interface UploadAsk {
  readonly size: number;
  readonly modified: Date | undefined;
  readonly created: Date | undefined;
  readonly conflict: 'fail' | 'replace';
}

type Input = Readonly<Record<string, unknown>>;

/**
 * `?action=upload` `{size, modified?, created?, conflict}` of a file to be: where its bytes go. `{way:'through'}`: PUT
 * them here. `{way:'direct', …}`: to OneDrive itself, and `upload-commit` then makes the file. The checks are those of
 * a PUT; whatever lets a client change things beside this server must be known to be allowed before.
 */
export const upload: Action = async (request, response, input) => {
  const ask = askOf(input);
  const { drive, path, signal, services, user } = request;
  if (ask.size > services.maxUploadBytes) {
    throw new BrowserError(413, 'too-large', `a file must not be longer than ${services.maxUploadBytes} bytes`);
  }
  if (!isWorthDirect(ask.size) || !mayGoDirect(request)) {
    sendJson(response, 200, { way: 'through' });
    return;
  }
  const expect = await checkTarget(request, ask);
  const { size, modified, created } = ask;
  const opened = await drive.openUpload(path, { owner: user, size, expect, modified, created, signal });
  sendJson(response, 200, opened === undefined ? { way: 'through' } : directWay(opened));
};

function directWay({ id, url, expires, multiple, max }: OpenedUpload): object {
  return { way: 'direct', id, url, expires: expires.toISOString(), multiple, max };
}

/** Checks conditions and locks. Returns what must still hold at the commit. */
async function checkTarget(request: BrowserRequest, { conflict }: UploadAsk): Promise<Expectation | undefined> {
  const { drive, path, signal, endsWithSlash } = request;
  await drive.prepare(path, { signal });
  const old = await statOrNull(drive, path, { signal, beforeWrite: true });
  refuseTaken(request, old, conflict);
  refuseCollectionUrl(path, endsWithSlash);
  await checkConditions(request, old);
  await refuseLocked(request, path, old === null ? 'new' : 'entry');
  return conflict === 'fail' ? { kind: 'absent' } : expectationOf(request.conditions);
}

function refuseTaken({ path }: BrowserRequest, old: Entry | null, conflict: UploadAsk['conflict']): void {
  if (old?.kind === 'folder') {
    throw new DriveError('is-folder', `cannot write ${formatPath(path)}: it is a folder`);
  }
  if (old !== null && conflict === 'fail') {
    throw new DriveError('precondition', `cannot write ${formatPath(path)}: the name is taken`);
  }
}

function askOf({ size, modified, created, conflict }: Input): UploadAsk {
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new BrowserError(400, 'bad-request', 'size must be the bytes of the file');
  }
  if (conflict !== 'fail' && conflict !== 'replace') {
    throw new BrowserError(400, 'bad-request', 'conflict must be "fail" or "replace"');
  }
  return { size, conflict, modified: dateOf(modified), created: dateOf(created) };
}

function dateOf(value: unknown): Date | undefined {
  if (value === undefined) {
    return undefined;
  }
  const date = new Date(typeof value === 'string' ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) {
    throw new BrowserError(400, 'bad-request', 'modified and created must be dates as in ISO 8601');
  }
  return date;
}
