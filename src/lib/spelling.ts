/** The spelling of a name beside its folded form: a bit for each lower-case letter, or the whole name. */
export type Spelling = number | string;

/** A number has so many exact bits. */
const MAX_BITS = 53;
const ASCII = /^[\x00-\x7f]*$/;
const LOWER_CASE = 'a'.charCodeAt(0) - 'A'.charCodeAt(0);

/** Returns the spelling of `name`, whose form with upper-case letters is `folded` (`foldName`). */
export function packSpelling(name: string, folded: string): Spelling {
  if (name.length > MAX_BITS || !ASCII.test(name)) {
    return name;
  }
  let bits = 0;
  for (let index = name.length - 1; index >= 0; index -= 1) {
    bits = bits * 2 + (name.charCodeAt(index) === folded.charCodeAt(index) ? 0 : 1);
  }
  return bits;
}

/** Returns the name. */
export function unpackSpelling(folded: string, spelling: Spelling): string {
  if (typeof spelling === 'string') {
    return spelling;
  }
  let bits = spelling;
  for (let index = 0; index < folded.length; index += 1) {
    const bit = bits % 2;
    characters[index] = folded.charCodeAt(index) + bit * LOWER_CASE;
    bits = (bits - bit) / 2;
  }
  return characters.toString('latin1', 0, folded.length);
}

const characters = Buffer.alloc(MAX_BITS);
