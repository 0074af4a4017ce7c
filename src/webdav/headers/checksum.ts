import { createHash } from 'node:crypto';
import type { RequestHeaders } from '../../lib/headers.ts';
import { DavError } from '../errors.ts';

/** What a body must hash to: the algorithm as node calls it, and the hash in hex. */
export interface Checksum {
  readonly algorithm: 'sha1' | 'md5' | 'sha256';
  readonly hex: string;
}

const ALGORITHMS: Record<string, Checksum['algorithm']> = { SHA1: 'sha1', MD5: 'md5', SHA256: 'sha256' };

/** `OC-Checksum: SHA1:…` (ownCloud, rclone) or `Content-MD5` (RFC 1864). What is not known is not checked, as by ownCloud. */
export function parseChecksum(headers: RequestHeaders): Checksum | undefined {
  const named = /^\s*(\w+):([0-9a-f]+)\s*$/i.exec(String(headers['oc-checksum'] ?? ''));
  const algorithm = ALGORITHMS[named?.[1]?.toUpperCase() ?? ''];
  if (algorithm !== undefined) {
    return { algorithm, hex: named![2]!.toLowerCase() };
  }
  const md5 = headers['content-md5'];
  return typeof md5 === 'string' ? { algorithm: 'md5', hex: Buffer.from(md5, 'base64').toString('hex') } : undefined;
}

/** The same body; throws 400 at its end, before it can be committed, when its bytes are not those that were sent. */
export async function* verified(
  body: AsyncIterable<Uint8Array>,
  { algorithm, hex }: Checksum,
): AsyncGenerator<Uint8Array> {
  const hash = createHash(algorithm);
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
  const came = hash.digest('hex');
  if (came !== hex) {
    throw new DavError(400, `the body was damaged on its way: its ${algorithm} is ${came}, and ${hex} was announced`);
  }
}
