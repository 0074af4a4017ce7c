const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The GUID that every drive's root item has, on every tenant. */
export const ROOT_GUID = 'ea8cc6be-ffdb-43d7-976f-bc7da445c639';

/** An item id as SharePoint-backed drives mint them: "01" and base32 of the drive's 4-byte tag and the item's GUID. */
export function itemId(driveTag: Uint8Array, guid: string): string {
  return `01${base32(Buffer.concat([driveTag, guidBytes(guid)]))}`;
}

/** A drive id: "b!" and base64url of the GUIDs of site, web and list. */
export function driveId(siteId: string, webId: string, listId: string): string {
  return `b!${Buffer.concat([guidBytes(siteId), guidBytes(webId), guidBytes(listId)]).toString('base64url')}`;
}

/** A GUID in the byte order of Microsoft's binary form: the first three groups little-endian. */
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
