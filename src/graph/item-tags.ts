/**
 * The tags of an item in little memory. In OneDrive for Business an item's id contains a GUID, and both of its tags
 * repeat it: `01` and the base32 form of four bytes and the GUID; `"{GUID},N"`; `"c:{GUID},N"`. Only the number is new
 * (decoded from the samples of the Graph docs, "driveItem resource type"). Any other tag is kept as it is.
 */
export type PackedTag = number | string;

const TAG = { eTag: '"{', cTag: '"c:{' } as const;
export type TagKind = keyof typeof TAG;

/** Returns the number of a tag that repeats the GUID of `id`; any other tag is returned as it is. */
export function packTag(kind: TagKind, id: string, tag: string): PackedTag {
  const start = TAG[kind];
  const number = Number(tag.slice(start.length + GUID_LENGTH + 2, -1));
  return Number.isSafeInteger(number) && tag === unpackTag(kind, id, number) ? number : tag;
}

export function unpackTag(kind: TagKind, id: string, tag: PackedTag): string {
  return typeof tag === 'string' ? tag : `${TAG[kind]}${guidOf(id)}},${tag}"`;
}

const GUID_LENGTH = 36;
const ID = /^01[A-Z2-7]{32}$/;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** The order in which a GUID is written, from the bytes of an id: its first three parts are little-endian. */
const WRITTEN = [7, 6, 5, 4, -1, 9, 8, -1, 11, 10, -1, 12, 13, -1, 14, 15, 16, 17, 18, 19];
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, '0'));
const BITS = new Uint8Array(128);
for (const [value, letter] of [...BASE32].entries()) {
  BITS[letter.charCodeAt(0)] = value;
}
const bytes = new Uint8Array(20);

/** Returns the GUID in an item's id; undefined for ids of another form. */
function guidOf(id: string): string | undefined {
  if (!ID.test(id)) {
    return undefined;
  }
  let [held, bits, at] = [0, 0, 0];
  for (let index = 2; index < id.length; index += 1) {
    held = ((held << 5) | BITS[id.charCodeAt(index)]!) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = held >> bits;
      at += 1;
    }
  }
  let guid = '';
  for (const index of WRITTEN) {
    guid += index < 0 ? '-' : HEX[bytes[index]!]!;
  }
  return guid;
}
