import type { ServerResponse } from 'node:http';
import { sendHeadOfPieces, sendPieces } from '../webdav/send-pieces.ts';
import { LINES_HEADERS } from './headers.ts';
import type { BrowserRequest } from './request.ts';

/** Entries in one line: a browser parses so many in a few milliseconds. */
const MAX_ENTRIES = 500;
/** Characters of one write; a small folder is one write. */
const BATCH_LENGTH = 32 * 1024;

const HEAD = { status: 200, headers: LINES_HEADERS };

/** An answer in lines of JSON (`application/x-ndjson`). */
export interface LinesAnswer<T> {
  /** The first line. */
  readonly first: object;
  readonly entries: readonly T[];
  readonly toJson: (entry: T) => object;
  /** Further facts of the last line. */
  readonly last?: object;
}

/**
 * Sends the first line, lines `{"entries":[…]}`, and at last `{"end":true,"count":n}`. An answer without that line was
 * cut.
 */
export async function sendLines<T>(
  request: BrowserRequest,
  response: ServerResponse,
  answer: () => Promise<LinesAnswer<T>>,
): Promise<void> {
  if (request.method === 'HEAD') {
    sendHeadOfPieces(request, response, HEAD);
    return;
  }
  await sendPieces(request, response, HEAD, inBatches(renderLines(await answer())));
}

function* renderLines<T>({ first, entries, toJson, last = {} }: LinesAnswer<T>): Generator<string> {
  yield line(first);
  for (let start = 0; start < entries.length; start += MAX_ENTRIES) {
    yield line({ entries: entries.slice(start, start + MAX_ENTRIES).map(toJson) });
  }
  yield line({ end: true, count: entries.length, ...last });
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function* inBatches(lines: Iterable<string>): Generator<string> {
  let batch = '';
  for (const each of lines) {
    batch += each;
    if (batch.length >= BATCH_LENGTH) {
      yield batch;
      batch = '';
    }
  }
  yield batch;
}
