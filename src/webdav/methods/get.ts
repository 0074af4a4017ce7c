import type { ServerResponse } from 'node:http';
import { getEntry } from '../get-entry.ts';
import type { DavRequest } from '../request.ts';
import { answerFolder } from './get-folder.ts';

/** GET and HEAD: a file's bytes; get-folder.ts has the answers of a collection. */
export async function get(request: DavRequest, response: ServerResponse): Promise<void> {
  await getEntry(request, response, { folder: answerFolder });
}
