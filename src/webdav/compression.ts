import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib';
import type { Coding } from './headers/accept-encoding.ts';

/** Below it the head of the answer is as long as its body, and there is little to gain. */
export const MIN_COMPRESSED_BYTES = 1024;

/**
 * Fast levels: a listing of 1,000 entries becomes 24 times smaller with gzip. Higher levels cost several times the work
 * for a few percent more.
 */
const GZIP = { level: 3 };
const BROTLI = {
  params: {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_QUALITY]: 3,
    // 256 KiB of memory for each answer instead of 4 MiB.
    [constants.BROTLI_PARAM_LGWIN]: 18,
  },
};

/** Compresses a body that is streamed. */
export const createCompressor = {
  br: () => createBrotliCompress(BROTLI),
  gzip: () => createGzip(GZIP),
} satisfies Record<Coding, () => Transform>;

const brotliNow = promisify(brotliCompress);
const gzipNow = promisify(gzip);

/** Compresses a body that is there as a whole. */
export const compress = {
  br: text => brotliNow(text, BROTLI),
  gzip: text => gzipNow(text, GZIP),
} satisfies Record<Coding, (text: string) => Promise<Buffer>>;
