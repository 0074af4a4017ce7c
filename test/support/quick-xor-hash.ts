const BITS = 160n;
const SHIFT = 11;
const ALL = (1n << BITS) - 1n;

/**
 * QuickXorHash in base64, as OneDrive for Business gives it (onedrive-api-docs, "QuickXorHash Algorithm"): byte i goes
 * into a register of 160 bits at bit 11·i, around the end; the length, as 64 bits, goes into the last eight bytes.
 * Plain and slow on purpose.
 */
export function quickXorHash(content: Uint8Array): string {
  // Bytes whose positions are alike modulo 160 have the same place in the register.
  const columns = new Uint8Array(Number(BITS));
  for (let index = 0; index < content.length; index += 1) {
    columns[index % columns.length]! ^= content[index]!;
  }
  let register = 0n;
  for (const [index, byte] of columns.entries()) {
    register ^= rotate(BigInt(byte), BigInt((index * SHIFT) % columns.length));
  }
  const hash = Buffer.alloc(20);
  for (let byte = 0; byte < hash.length; byte++) {
    hash[byte] = Number((register >> BigInt(8 * byte)) & 0xffn);
  }
  hash.writeBigUInt64LE(hash.readBigUInt64LE(12) ^ BigInt(content.length), 12);
  return hash.toString('base64');
}

function rotate(value: bigint, by: bigint): bigint {
  const shifted = value << by;
  return (shifted & ALL) ^ (shifted >> BITS);
}
