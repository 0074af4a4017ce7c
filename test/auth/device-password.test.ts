import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeDevicePassword, readDevicePassword } from '../../src/auth/device-password.ts';
import { redact } from '../../src/lib/redact.ts';

const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const bytes = fc.uint8Array({ minLength: 29, maxLength: 29 });
const made = bytes.map(random => makeDevicePassword(() => random));
const separator = fc.constantFrom('', ' ', '-', '–', '\u2011', '\u00a0');

describe('a device password', () => {
  it('is five groups of six lower-case characters that do not look alike', () => {
    fc.assert(
      fc.property(made, ({ password }) => {
        expect(password).toMatch(/^[0-9a-hjkmnp-tv-z]{6}(-[0-9a-hjkmnp-tv-z]{6}){4}$/);
      }),
    );
  });

  it('has 145 random bits: each byte of the source decides a character', () => {
    const asked: number[] = [];
    const of = (random: Uint8Array) =>
      makeDevicePassword(size => {
        asked.push(size);
        return random;
      }).password.replaceAll('-', '');
    const all = of(Uint8Array.from({ length: 29 }, (_, index) => index));
    expect(all.slice(0, 29)).toBe(LETTERS.slice(0, 29));
    expect(asked).toEqual([29]);
    const two = [makeDevicePassword(), makeDevicePassword()];
    expect(two[0]!.password).not.toBe(two[1]!.password);
  });

  it('is stored as the SHA-256 of its characters without separators', () => {
    fc.assert(
      fc.property(made, ({ password, digest }) => {
        expect(digest).toBe(createHash('sha256').update(password.replaceAll('-', '')).digest('hex'));
      }),
    );
  });

  it('is read in any case, with any hyphens and spaces or none, and with letters that look like it', () => {
    const spelling = fc.tuple(
      made,
      fc.array(separator, { minLength: 30, maxLength: 30 }),
      fc.array(fc.nat(2), { minLength: 30, maxLength: 30 }),
    );
    fc.assert(
      fc
        .property(spelling, ([{ password, digest }, separators, styles]) => {
          const typed = Array.from(password.replaceAll('-', ''), (character, index) => {
            const spelled = { 0: ['0', 'O', 'o'], 1: ['1', 'l', 'I'] }[character];
            return (
              (spelled?.[styles[index]!] ?? (styles[index] === 0 ? character.toUpperCase() : character)) +
              separators[index]
            );
          }).join('');
          expect(readDevicePassword(typed.slice(0, 60))).toEqual(typed.length > 60 ? expect.anything() : { digest });
        })
        .beforeEach(() => {}),
      { numRuns: 300 },
    );
  });

  it('shows a wrong character', () => {
    fc.assert(
      fc.property(made, fc.nat(29), fc.integer({ min: 1, max: 31 }), ({ password }, place, by) => {
        const plain = password.replaceAll('-', '');
        const wrong = LETTERS[(LETTERS.indexOf(plain[place]!) + by) % 32]!;
        expect(readDevicePassword(plain.slice(0, place) + wrong + plain.slice(place + 1))).toBe('mistyped');
      }),
    );
  });

  it('shows two exchanged characters', () => {
    fc.assert(
      fc.property(made, fc.nat(29), fc.nat(29), ({ password }, one, other) => {
        const characters = [...password.replaceAll('-', '')];
        fc.pre(characters[one] !== characters[other]);
        [characters[one], characters[other]] = [characters[other]!, characters[one]!];
        expect(readDevicePassword(characters.join(''))).toBe('mistyped');
      }),
    );
  });

  it('is no text of another form', () => {
    const { password } = makeDevicePassword();
    for (const other of ['', 'correct horse', password.slice(1), `${password}0`, password.replace(/^./, 'u')]) {
      expect(readDevicePassword(other)).toBeUndefined();
    }
    expect(readDevicePassword(`${' '.repeat(100)}${password}`)).toBeUndefined();
    fc.assert(fc.property(fc.string({ minLength: 30, maxLength: 60 }), text => readDevicePassword(text) === undefined));
  });
});

describe('redact takes a device password', () => {
  const spellings = fc
    .tuple(made, fc.constantFrom('-', '', '%20', '+', '%2D'), fc.boolean())
    .map(([{ password }, between, isUpper]) => {
      const typed = password.replaceAll('-', between);
      return isUpper ? typed.toUpperCase() : typed;
    });

  it('out of URLs and other texts', () => {
    const contexts = fc.constantFrom(
      (text: string) => `https://ada:${text}@files.example/m/`,
      (text: string) => `ada:${text}@files.example`,
      (text: string) => `/m/?pw=${text}&x=1`,
      (text: string) => `/m/${text}/file.txt`,
      (text: string) => `abcdef ${text} abcdef`,
      (text: string) => `client (${text})`,
    );
    fc.assert(
      fc.property(spellings, contexts, (typed, inContext) => {
        const clean = redact(inContext(typed));
        expect(clean).toContain('[redacted');
        for (const group of typed.split(/-|\+|%20|%2D/i)) {
          expect(clean).not.toContain(group);
        }
      }),
    );
  });

  it('but leaves ids, digests and names alone', () => {
    const texts = [
      '0f8fad5b-d9cd-469f-a165-70867728950e',
      createHash('sha256').update('x').digest('hex'),
      '01BYE5RZ6QN3ZWBTUFOFD3GSPGOHDJD36K',
      'b!-RIj2DuyvEyV1T4NlOaMHk8XkS_I8MdFlUCq1BlcjgmhRfAj3-Z8RY2VpuvV_tpd',
      '/m/report 202601-202602-202603.txt',
    ];
    expect(texts.map(redact)).toEqual(texts);
  });
});
