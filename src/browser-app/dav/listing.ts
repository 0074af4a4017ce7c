import type { Entry, FolderHead } from './entry.ts';
import { errorOfStatus, RequestError } from './errors.ts';
import { urlOf } from './href.ts';

interface Line {
  readonly folder?: FolderHead;
  readonly entries?: readonly Entry[];
  readonly end?: true;
  readonly count?: number;
}

/** Is told of a listing as it arrives. */
export interface Arrivals {
  readonly onHead?: (head: FolderHead) => void;
  /** The rest is read when the result resolves. */
  readonly onEntries?: (entries: readonly Entry[]) => Promise<void> | undefined;
}

/** A whole listing. */
export interface Listing {
  readonly head: FolderHead;
  readonly entries: readonly Entry[];
}

/**
 * Reads an answer in lines of JSON. Resolves only for a whole listing: an answer without its last line was cut, and
 * throws `cut`. Throws RequestError.
 */
export async function readListing(url: string, arrivals: Arrivals, signal: AbortSignal): Promise<Listing> {
  const response = await fetch(urlOf(url), { signal, headers: { Accept: 'application/x-ndjson' }, cache: 'no-store' });
  if (!response.ok || response.body === null) {
    throw errorOfStatus(response.status, response.headers.get('retry-after'));
  }
  let head: FolderHead | undefined;
  const entries: Entry[] = [];
  for await (const line of linesOf(response.body, signal)) {
    if (line.folder !== undefined) {
      head = line.folder;
      arrivals.onHead?.(head);
    }
    if (line.entries !== undefined) {
      for (const entry of line.entries) {
        entries.push(entry);
      }
      await arrivals.onEntries?.(line.entries);
    }
    if (line.end && line.count === entries.length && head !== undefined) {
      return { head, entries };
    }
  }
  throw new RequestError('cut');
}

async function* linesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>, signal: AbortSignal): AsyncGenerator<Line> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      const lines = (rest + value).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        yield parse(line);
      }
    }
  } catch (error) {
    // A connection that breaks half-way is no other case than a body that ends early.
    throw signal.aborted || error instanceof RequestError ? error : new RequestError('cut');
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parse(line: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    throw new RequestError('cut');
  }
}
