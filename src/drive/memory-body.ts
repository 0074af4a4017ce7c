import type { WriteOptions } from './drive.ts';
import { DriveError } from './errors.ts';

const CHUNK_BYTES = 64 * 1024;

/** Returns the whole body. Throws `aborted`, `body-length`. */
export async function collect(body: AsyncIterable<Uint8Array>, { signal, length }: WriteOptions): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    refuseAborted(signal);
    chunks.push(chunk.slice());
    size += chunk.length;
  }
  refuseAborted(signal);
  if (length !== undefined && size !== length) {
    throw new DriveError('body-length', `cannot store the file: ${length} bytes were announced but ${size} arrived`);
  }
  return Buffer.concat(chunks);
}

/** Yields the bytes in chunks until the signal is aborted. */
export async function* inChunks(bytes: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    refuseAborted(signal);
    yield bytes.subarray(start, start + CHUNK_BYTES);
  }
}

/** Throws `aborted` when the caller has gone. */
export function refuseAborted(signal: AbortSignal): void {
  if (signal.aborted) {
    throw new DriveError('aborted', 'the caller has gone', { cause: signal.reason });
  }
}
