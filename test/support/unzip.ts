import { crc32, inflateRawSync } from 'node:zlib';

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const STORED = 0;

/**
 * Reads a small zip (APPNOTE 6.3, without zip64) as a strict program does; folders have a slash at their end. Throws when
 * it is not whole: each checksum counts.
 */
export function unzip(zip: Buffer): Record<string, string> {
  const end = zip.length - 22;
  if (end < 0 || zip.readUInt32LE(end) !== END) {
    throw new Error('no end of central directory');
  }
  const found: Record<string, string> = {};
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    expectSignature(zip, at, CENTRAL);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map(offset => zip.readUInt16LE(at + offset));
    found[zip.toString('utf8', at + 46, at + 46 + nameLength!)] = contentOf(zip, at);
    at += 46 + nameLength! + extraLength! + commentLength!;
  }
  if (at !== end) {
    throw new Error('the central directory does not end where it should');
  }
  return found;
}

/** The content of the member whose entry in the central directory is at `entry`. */
function contentOf(zip: Buffer, entry: number): string {
  const local = zip.readUInt32LE(entry + 42);
  expectSignature(zip, local, LOCAL);
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const packed = zip.subarray(start, start + zip.readUInt32LE(entry + 20));
  const content = zip.readUInt16LE(entry + 10) === STORED ? packed : inflateRawSync(packed);
  if (crc32(content) !== zip.readUInt32LE(entry + 16) || content.length !== zip.readUInt32LE(entry + 24)) {
    throw new Error('a member has another checksum or length');
  }
  return content.toString('latin1');
}

function expectSignature(zip: Buffer, at: number, signature: number): void {
  if (zip.readUInt32LE(at) !== signature) {
    throw new Error(`no header at ${at}`);
  }
}
