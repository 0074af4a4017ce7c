import type { IncomingMessage, ServerResponse } from 'node:http';
import { isDriveError } from '../drive/errors.ts';
import { childPath } from '../drive/path.ts';
import { freeNames } from '../lib/free-names.ts';
import { errorRendererFor } from '../webdav/error-body.ts';
import { DavError, toDavError } from '../webdav/errors.ts';
import { isFromOwnPage } from '../webdav/own-page.ts';
import { prepareDrives } from '../webdav/prepare.ts';
import {
  awaitsLeave,
  type DavCaller,
  type DavRequest,
  type DavServices,
  decodePath,
  parseRequest,
} from '../webdav/request.ts';
import { sendError } from '../webdav/respond.ts';
import { storeFile } from '../webdav/store-file.ts';
import { type FormFile, readFormFiles } from './form-files.ts';
import type { SentFile } from './upload-page.ts';

/** More than a person chooses at once; a program sends each file by itself. */
const MAX_FILES = 1_000;
/** Names beside a taken one that are tried. Each costs a call. */
const MAX_NAMES = 20;

export interface ReceiveFormOptions {
  readonly caller: DavCaller;
  readonly services: DavServices;
  /** Sends the page again, with what has become of the files. */
  readonly answer: (status: number, sent: readonly SentFile[]) => void;
}

/**
 * Takes the files of a form into a share that takes uploads, for browsers without scripts. Each file is stored as by a
 * PUT of its own, as it arrives; where its name is taken it gets another one. Resolves when all work is over.
 */
export async function receiveForm(
  raw: IncomingMessage,
  response: ServerResponse,
  { caller, services, answer }: ReceiveFormOptions,
): Promise<void> {
  try {
    const request = parseRequest(raw, response, { ...caller, services, body: undefined, keeping: undefined });
    if (!isFromOwnPage(request)) {
      throw new DavError(403, 'another page has sent this form');
    }
    if (awaitsLeave(raw)) {
      response.writeContinue();
    }
    const sent: SentFile[] = [];
    const limits = { maxFiles: MAX_FILES, maxBytes: services.maxUploadBytes };
    const { hadMore } = await readFormFiles(raw, limits, async file => void sent.push(await takeFile(file, request)));
    if (hadMore) {
      sent.push({ name: '…', problem: `more than ${MAX_FILES} files at once are too many`, status: 413 });
    }
    const stored = sent.flatMap(({ storedAs }) => storedAs ?? []);
    caller.note({ action: 'send-form', files: stored });
    answer(stored.length > 0 ? 201 : (sent[0]?.status ?? 200), sent);
  } catch (error) {
    sendError(response, error, services.log, errorRendererFor(raw, caller));
  }
}

async function takeFile({ name: given, bytes }: FormFile, request: DavRequest): Promise<SentFile> {
  try {
    // The name goes the way of one in a URL, with the same refusals.
    const [name = ''] = decodePath(`/${encodeURIComponent(given.toWellFormed())}`).names;
    if (name === '') {
      throw new DavError(400, 'the file has no name');
    }
    const place = await freePlace(name, request);
    await storeFile(place, { body: bytes, old: null, expect: { kind: 'absent' }, length: undefined });
    return { name: given, storedAs: place.names.at(-1)! };
  } catch (error) {
    request.signal.throwIfAborted();
    const answer = toDavError(error);
    if (answer === undefined) {
      throw error;
    }
    return { name: given, problem: answer.message, status: answer.status };
  }
}

/** The request as a PUT of a name that is free now; OneDrive checks it again at the commit. */
async function freePlace(name: string, request: DavRequest): Promise<DavRequest> {
  for (const candidate of freeNames(name).take(MAX_NAMES)) {
    const path = childPath(request.path, candidate);
    const place = { ...request, method: 'PUT', path, names: [...request.names, candidate], endsWithSlash: false };
    await prepareDrives(place);
    if (await isFree(place)) {
      return place;
    }
  }
  throw new DavError(403, 'the name is taken; this share takes new names only');
}

/** A drive of a share says no more than that a name is taken. */
async function isFree({ drive, path, signal }: DavRequest): Promise<boolean> {
  try {
    await drive.stat(path, { signal, beforeWrite: true });
    return false;
  } catch (error) {
    if (isDriveError(error, 'not-found')) {
      return true;
    }
    if (isDriveError(error, 'forbidden')) {
      return false;
    }
    throw error;
  }
}
