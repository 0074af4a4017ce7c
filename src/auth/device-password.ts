import { hash, randomBytes } from 'node:crypto';

/**
 * Crockford's base 32 in lower case (crockford.com/base32.html): no i, l and o, which look like 1 and 0, and no u. The
 * position of a character is its value, five bits.
 */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 30;
const GROUP = 6;
/** 29 random characters have 145 bits; the last one checks them. */
const RANDOM_LENGTH = LENGTH - 1;
/** A password with separators everywhere is no longer. */
const MAX_TYPED_LENGTH = 2 * LENGTH;

/** What a text is as a device password. `mistyped`: it has the form, but a character is wrong. */
export type DevicePasswordReading = { readonly digest: string } | 'mistyped' | undefined;

/**
 * Makes a password for one device, such as `8k2m4x-0nq7ra-v5tw3c-hz9pbe-6yjd1g`, and the digest that stands for it in
 * the state. `random` is for tests.
 */
export function makeDevicePassword(random: (size: number) => Uint8Array = randomBytes): {
  readonly password: string;
  readonly digest: string;
} {
  const values = Array.from(random(RANDOM_LENGTH), byte => byte & 31);
  const text = [...values, checkOf(values)].map(value => ALPHABET[value]).join('');
  const groups = text.match(new RegExp(`.{${GROUP}}`, 'g'))!;
  return { password: groups.join('-'), digest: digestOf(text) };
}

/**
 * Reads what somebody typed or saved: in any case, with spaces, other hyphens or no hyphens, and with letters that look
 * like the right ones. Returns undefined for a text of another form, which is no device password.
 */
export function readDevicePassword(typed: string): DevicePasswordReading {
  if (typed.length < LENGTH || typed.length > MAX_TYPED_LENGTH) {
    return undefined;
  }
  const text = typed
    .replaceAll(/[\p{Pd}\s]/gu, '')
    .toLowerCase()
    .replaceAll('o', '0')
    .replaceAll(/[il]/g, '1');
  const values = Array.from(text, character => ALPHABET.indexOf(character));
  if (values.length !== LENGTH || values.includes(-1)) {
    return undefined;
  }
  return checkOf(values) === 0 ? { digest: digestOf(text) } : 'mistyped';
}

/** 145 random bits cannot be guessed from a digest, so it need not be slow. */
function digestOf(text: string): string {
  return hash('sha256', text);
}

/**
 * Returns the check of random characters; with it at the end, the check of all is 0. Each character counts with
 * another power of a generator of GF(32), so one wrong character and two exchanged ones always show.
 */
function checkOf(values: readonly number[]): number {
  const sum = values.reduce((before, value) => timesGenerator(before) ^ value, 0);
  return values.length === LENGTH ? sum : timesGenerator(sum);
}

/** Modulo x⁵ + x² + 1, which is primitive: the powers of the generator x differ for 31 positions. */
function timesGenerator(value: number): number {
  const shifted = value << 1;
  return shifted > 31 ? shifted ^ 0b100101 : shifted;
}
