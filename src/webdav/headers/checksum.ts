import { createHash } from 'node:crypto';
import type { RequestHeaders } from '../../lib/headers.ts';
import { DavError } from '../errors.ts';

/** A hash that a body must have: the algorithm by its name in Node, and the hash in hex. */
export interface Checksum {
  readonly algorithm: 'sha1' | 'md5' | 'sha256' | 'sha512' | 'sha3-256';
  readonly hex: string;
}

/** By their names in capitals, without hyphens: ownCloud writes `SHA1`, RFC 3230 and others `SHA` and `SHA-1`. */
const ALGORITHMS: Record<string, Checksum['algorithm']> = {
  SHA: 'sha1',
  SHA1: 'sha1',
  MD5: 'md5',
  SHA256: 'sha256',
  SHA512: 'sha512',
  SHA3256: 'sha3-256',
};
/** `Digest` is RFC 3230's, the others are RFC 9530's. Of a body in no coding and no part they say the same. */
const DIGESTS = ['digest', 'content-digest', 'repr-digest'] as const;
/** One member, as `sha-256=:BASE64=:` (RFC 9530 §2) or `SHA-256=BASE64=` (RFC 3230 §4.3.2). */
const DIGEST = /^([A-Za-z][\w-]*)=(:?)([A-Za-z0-9+/]+={0,2})\2$/;

/** One `ALGORITHM:hex`. Blanks around the colon do not stop the check. */
const ONE = /([A-Za-z][\w-]*)\s*:\s*([0-9a-f]+)/gi;
const LIST = /^\s*[A-Za-z][\w-]*\s*:\s*[0-9a-f]+(?:[\s,]+[A-Za-z][\w-]*\s*:\s*[0-9a-f]+)*[\s,]*$/i;
const MD5_BYTES = 16;

/**
 * All hashes that a body must have: `OC-Checksum: SHA1:…` (ownCloud, rclone), which may name several algorithms,
 * `Content-MD5` (RFC 1864), and the `Digest` fields (RFC 3230, RFC 9530). Like ownCloud, it ignores an unknown
 * algorithm. Throws 400 for an unreadable checksum, because a client that sends one wants it checked.
 */
export function parseChecksums(headers: RequestHeaders): Checksum[] {
  return [
    ...readOwnCloud(textOf(headers['oc-checksum'])),
    ...readMd5(textOf(headers['content-md5'])),
    ...DIGESTS.flatMap(name => readDigests(textOf(headers[name]), name)),
  ];
}

function readOwnCloud(header: string | undefined): Checksum[] {
  if (header === undefined) {
    return [];
  }
  if (!LIST.test(header)) {
    throw new DavError(400, 'the OC-Checksum header is not valid: write it as SHA1:… in hexadecimal');
  }
  return [...header.matchAll(ONE)].flatMap(([, name = '', hex = '']) => checksum(name, hex));
}

function readDigests(header: string | undefined, field: string): Checksum[] {
  const members = header === undefined ? [] : header.split(',').map(member => member.trim());
  return members.flatMap(member => {
    const [, name = '', , base64 = ''] = DIGEST.exec(member) ?? [];
    if (name === '') {
      throw new DavError(400, `the ${field} header cannot be read: write it as sha-256=:…: in base64 (RFC 9530)`);
    }
    return checksum(name, Buffer.from(base64, 'base64').toString('hex'));
  });
}

function checksum(name: string, hex: string): Checksum[] {
  const algorithm = ALGORITHMS[name.toUpperCase().replaceAll(/[-_]/g, '')];
  return algorithm === undefined ? [] : [{ algorithm, hex: hex.toLowerCase() }];
}

/** Node joins a repeated header into a list: each value must match. */
function readMd5(header: string | undefined): Checksum[] {
  if (header === undefined) {
    return [];
  }
  if (header === '') {
    throw new DavError(400, 'the Content-MD5 header is empty');
  }
  const values = header.split(/[\s,]+/).filter(value => value !== '');
  return values.map(value => {
    const bytes = Buffer.from(value, 'base64');
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(value) || bytes.length !== MD5_BYTES) {
      throw new DavError(400, 'the Content-MD5 header is not an MD5 in base64 (RFC 1864)');
    }
    return { algorithm: 'md5', hex: bytes.toString('hex') };
  });
}

function textOf(header: string | string[] | undefined): string | undefined {
  return (Array.isArray(header) ? header.join(', ') : header)?.trim();
}

/**
 * Passes the body on. Throws 400 at its end, before it can be committed, when its bytes do not have the announced
 * hashes.
 */
export async function* verified(
  body: AsyncIterable<Uint8Array>,
  checksums: readonly Checksum[],
): AsyncGenerator<Uint8Array> {
  const hashes = checksums.map(({ algorithm, hex }) => ({ hash: createHash(algorithm), algorithm, hex }));
  for await (const chunk of body) {
    for (const { hash } of hashes) {
      hash.update(chunk);
    }
    yield chunk;
  }
  for (const { hash, algorithm, hex } of hashes) {
    const came = hash.digest('hex');
    if (came !== hex) {
      throw new DavError(400, `the body was damaged in transit: its ${algorithm} is ${came}, but ${hex} was announced`);
    }
  }
}
