const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The GUID that every drive's root item has, on every tenant. */
export const ROOT_GUID = 'ea8cc6be-ffdb-43d7-976f-bc7da445c639';

/** Returns an item id as on SharePoint-backed drives: "01" and base32 of the drive's 4-byte tag and the item's GUID. */
export function itemId(driveTag: Uint8Array, guid: string): string {
  return `01${base32(Buffer.concat([driveTag, guidBytes(guid)]))}`;
}

/**
 * Returns the GUID in an item id; undefined if it is not an item id of the drive with that tag. Ids are compared with
 * their case.
 */
export function itemGuid(driveTag: Uint8Array, id: string): string | undefined {
  if (!/^01[A-Z2-7]{32}$/.test(id)) {
    return undefined;
  }
  const bytes = unbase32(id.slice(2));
  return bytes.subarray(0, driveTag.length).equals(driveTag) ? guidOf(bytes.subarray(driveTag.length)) : undefined;
}

/** Returns a drive id: "b!" and base64url of the GUIDs of site, web and list. */
export function driveId(siteId: string, webId: string, listId: string): string {
  return `b!${Buffer.concat([guidBytes(siteId), guidBytes(webId), guidBytes(listId)]).toString('base64url')}`;
}

/** Returns a GUID in the byte order of Microsoft's binary form: the first three groups little-endian. */
function guidBytes(guid: string): Buffer {
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}

function base32(bytes: Buffer): string {
  let bits = 0;
  let value = 0;
  let text = '';
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(value >> bits) & 31];
    }
  }
  return bits > 0 ? text + BASE32[(value << (5 - bits)) & 31] : text;
}

function unbase32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of text) {
    value = ((value << 5) | BASE32.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 0xff);
    }
  }
  return Buffer.from(bytes);
}

/** The inverse of `guidBytes`. */
function guidOf(binary: Uint8Array): string {
  const bytes = Buffer.from(binary);
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  const hex = bytes.toString('hex');
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return groups.join('-');
}
