/**
 * The tags of an item in little memory. In OneDrive for Business an item's id contains a GUID, and both of its tags
 * repeat it: `01` and the base32 form of four bytes and the GUID; `"{GUID},N"`; `"c:{GUID},N"`. Only the number is new
 * (decoded from the samples of the Graph docs, "driveItem resource type"). Any other tag is kept as it is.
 */
export type PackedTag = number | string;

const START = { eTag: '"{', cTag: '"c:{' } as const;
export type TagKind = keyof typeof START;

/** Returns the number of a tag that repeats the GUID of `id`; any other tag is returned as it is. */
export function packTag(kind: TagKind, id: string, tag: string): PackedTag {
  const start = START[kind];
  const end = start.length + GUID_LENGTH;
  if (!tag.startsWith(start) || !tag.startsWith('},', end) || !tag.endsWith('"')) {
    return tag;
  }
  const number = Number(tag.slice(end + 2, -1));
  return isGuidOf(id, tag, start.length) && Number.isSafeInteger(number) && tag === `${tag.slice(0, end + 2)}${number}"`
    ? number
    : tag;
}

export function unpackTag(kind: TagKind, id: string, tag: PackedTag): string {
  return typeof tag === 'string' ? tag : `${START[kind]}${guidOf(id)}},${tag}"`;
}

const GUID_LENGTH = 36;
const ID = /^01[A-Z2-7]{32}$/;
/** The order in which a GUID is written, from the bytes of an id: its first three parts are little-endian. */
const WRITTEN = [7, 6, 5, 4, -1, 9, 8, -1, 11, 10, -1, 12, 13, -1, 14, 15, 16, 17, 18, 19];
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, '0'));
const BITS = new Uint8Array(128);
for (const [value, letter] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'].entries()) {
  BITS[letter.charCodeAt(0)] = value;
}
const ID_BYTES = 20;
const bytes = new Uint8Array(ID_BYTES);

/** Returns true when `text` has the GUID of `id` at `start`. */
function isGuidOf(id: string, text: string, start: number): boolean {
  if (!ID.test(id)) {
    return false;
  }
  decode(id);
  let at = start;
  for (const index of WRITTEN) {
    const written = index < 0 ? '-' : HEX[bytes[index]!]!;
    if (!text.startsWith(written, at)) {
      return false;
    }
    at += written.length;
  }
  return true;
}

function guidOf(id: string): string {
  decode(id);
  return WRITTEN.map(index => (index < 0 ? '-' : HEX[bytes[index]!]!)).join('');
}

function decode(id: string): void {
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
}
