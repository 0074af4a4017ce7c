import { expect } from 'vitest';
import { expectAnswer, itemOf, textOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';

const ENCODING = '§2.3 [DOC addressing-driveitems]';

/** Names that are allowed and that a client or a server may get wrong. */
const ALLOWED: readonly (readonly [string, string, string])[] = [
  ['with a space', 'a b.txt', ENCODING],
  ['with #', 'a#b.txt', '§4 [OBS rclone 78a76b0d2]'],
  ['with %', '100%.txt', '§4 [OBS rclone 78a76b0d2]'],
  ['that looks encoded', 'a%20b.txt', ENCODING],
  ['with + as %2B', 'a+b.txt', '§2.3 [OPEN: decoded to a space once, on Personal, 2017]'],
  ['with &', 'a&b.txt', ENCODING],
  ['with an apostrophe', "it's.txt", ENCODING],
  ['with = ; , @ $ !', 'a=b;c,d@e$f!.txt', ENCODING],
  ['with brackets', '[a] (b) {c}.txt', ENCODING],
  ['with a leading dot', '.hidden', '§4 [OBS]: a leading dot is all right'],
  ['in Unicode NFC', 'Übergrößen – naïve.txt', ENCODING],
  ['in Chinese', '文件.txt', ENCODING],
  ['with an emoji', '😀👩‍👩‍👧.txt', ENCODING],
  ['of 255 characters', `${'n'.repeat(251)}.txt`, '§4 [BG]: a segment has up to 255'],
  ['with .tmp', 'save.tmp', '§4 [OBS]: .tmp is not blocked'],
];

const CHARACTERS = '§4 [DOC support page; OBS abraunegg util.d]';
const RESERVED = '§4 [DOC support page; OBS abraunegg]';

const REFUSED_NAMES: readonly (readonly [string, string, string])[] = [
  ...[...'"*:<>?/\\|'].map(character => [`with ${character}`, `a${character}b`, CHARACTERS] as const),
  ['with a leading space', ' a', CHARACTERS],
  ['with a trailing space', 'a ', CHARACTERS],
  ['with a trailing dot', 'a.', '§4 [OBS rclone, abraunegg#2678]'],
  ['with a control character', 'a\u0001b', '§4 [BG]'],
  ['of a dot', '.', '§4 [OBS]: ends with a dot'],
  ['of 256 characters', 'n'.repeat(256), '§4 [BG]'],
  ...['.lock', 'CON', 'prn', 'AUX', 'NUL', 'COM0', 'com9', 'LPT0', 'LPT9', 'desktop.ini', 'Desktop.INI'].map(
    name => [name, name, RESERVED] as const,
  ),
  ['that starts with ~$', '~$a.docx', RESERVED],
  ['with _vti_', 'a_vti_b', RESERVED],
  ['of nothing', '', '§4, §3.1 [DOC]'],
];

/** Those that a path can carry: its colons and slashes have a meaning, and an empty segment is none. */
const REFUSED_BY_PATH = REFUSED_NAMES.filter(([, name]) => !/[:/\\]/.test(name) && !['', '.'].includes(name));

export const NAMES: ContractCase[] = [
  ...ALLOWED.map(([what, name, source]) => ({
    it: `a file ${what} is stored, listed, found and read by its name`,
    source,
    run: async (bench: Bench) => {
      const folder = await bench.folder();
      const made = await bench.file(folder, name, `content of ${name}`);
      expect(made.name).toBe(name);
      await bench.expectNames(folder, [name]);
      expect(itemOf(await bench.graph('GET', bench.child(folder, name))).id).toBe(made.id);
      expect(textOf(await bench.download(made))).toBe(`content of ${name}`);
    },
  })),
  {
    it: 'a name is decoded once: a%20b is not found as a b',
    source: ENCODING,
    run: async bench => {
      const folder = await bench.folder();
      await bench.file(folder, 'a%20b.txt');
      expectAnswer(await bench.graph('GET', bench.child(folder, 'a b.txt')), 404, 'itemNotFound');
    },
  },
  {
    it: 'a + in a path is a +',
    source: '§2.3 [OBS rclone leaves it bare]',
    run: async bench => {
      const folder = await bench.folder();
      const made = await bench.file(folder, 'a+b.txt');
      expect(itemOf(await bench.graph('GET', `${bench.item(folder)}:/a+b.txt:`)).id).toBe(made.id);
    },
  },
  {
    it: 'names keep their case and differ in more than case',
    source: '§4 [OBS]: case-preserving, case-insensitive',
    run: async bench => {
      const folder = await bench.folder();
      const made = await bench.file(folder, 'ReadMe.TXT', '1');
      const again = await bench.file(folder, 'readme.txt', '22');
      expect([made.name, again.id]).toEqual(['ReadMe.TXT', made.id]);
      await bench.expectChildren(folder, [{ id: made.id, size: 2 }]);
    },
  },
  ...answerCases([
    ...REFUSED_NAMES.map(([what, name, source]) => ({
      it: `a folder ${what} is refused`,
      source,
      status: 400,
      ask: async (bench: Bench) => bench.createFolder(await bench.folder(), name),
    })),
    ...REFUSED_BY_PATH.map(([what, name, source]) => ({
      it: `an upload to a name ${what} is refused`,
      source,
      status: 400,
      ask: async (bench: Bench) => bench.put(await bench.folder(), name, 'x'),
    })),
    ...['a:b', 'a.', 'CON', ''].map(name => ({
      it: `a rename to ${JSON.stringify(name)} is refused`,
      source: RESERVED,
      status: 400,
      ask: async (bench: Bench) => bench.patch(await bench.file(await bench.folder(), 'a.txt'), { name }),
    })),
    {
      it: 'a folder that starts with ~ is refused',
      source: '§4 [DOC support page]: of folders only',
      status: 400,
      ask: async (bench: Bench) => bench.createFolder(await bench.folder(), '~a'),
    },
    {
      it: 'a path of more than 400 characters is refused',
      source: '§4 [DOC support page]: pathIsTooLong',
      status: 400,
      ask: async (bench: Bench) => {
        const folder = await bench.makeFolder(await bench.folder(), 'n'.repeat(200));
        return bench.put(folder, 'n'.repeat(201), 'x');
      },
    },
  ]),
  {
    it: 'a file may start with ~',
    source: '§4 [DOC support page]: only folders may not',
    run: async bench => {
      expectAnswer(await bench.put(await bench.folder(), '~a.txt', 'x'), 201);
    },
  },
];
