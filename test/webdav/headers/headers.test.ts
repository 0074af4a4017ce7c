import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUrlPath, UrlPathError } from '../../../src/lib/url-path.ts';
import { DavError } from '../../../src/webdav/errors.ts';
import { parseDestination } from '../../../src/webdav/headers/destination.ts';
import { isTagOf, parseEntityTags } from '../../../src/webdav/headers/entity-tags.ts';
import { parseIf } from '../../../src/webdav/headers/if.ts';
import { parseRange, parseRanges } from '../../../src/webdav/headers/range.ts';
import { encodeHref } from '../../../src/webdav/href.ts';
import { parseXml } from '../../../src/webdav/xml/xml-reader.ts';

/** Runs `parse` and lets only its own kind of error pass. */
function onlyThrows(kind: new (...args: never[]) => Error, parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    return error instanceof kind;
  }
}

const segment = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter(name => !/[/\\\u0000-\u001f\u007f]/.test(name) && name !== '.' && name !== '..' && name.isWellFormed());

describe('any header value', () => {
  it('an href leads back to the names that it was made of', () => {
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 5 }),
        fc.constantFrom('file' as const, 'folder' as const),
        (names, kind) => {
          expect(decodeUrlPath(encodeHref(names, kind)).names).toEqual(names);
        },
      ),
    );
  });

  it('a path is decoded or refused, and never has a way out', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('/', '%', '2', 'e', 'E', '5', 'c', 'f', '.', '\\', 'a', '?', '#', '\u0000'),
        }),
        text => {
          expect(
            onlyThrows(UrlPathError, () =>
              expect(decodeUrlPath(`/${text}`).names.every(name => !/^\.{0,2}$|[/\\]/.test(name))).toBe(true),
            ),
          ).toBe(true);
        },
      ),
    );
  });

  it('If, Destination and XML are read or refused with 400, 413 or 502', () => {
    const noise = fc.string({
      unit: fc.constantFrom(
        '(',
        ')',
        '<',
        '>',
        '[',
        ']',
        '"',
        'Not',
        ' ',
        'urn:x',
        'W/',
        'http://h/',
        '%',
        '/',
        '&',
        'a',
      ),
    });
    fc.assert(fc.property(noise, text => onlyThrows(DavError, () => parseIf(text))));
    fc.assert(fc.property(noise, text => onlyThrows(DavError, () => parseDestination(text, ['h']))));
    fc.assert(fc.property(noise, text => onlyThrows(DavError, () => parseXml(text))));
  });

  it('a range lies within the file, or is no range', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('bytes', '=', '-', ',', '0', '5', '9', ' ') }),
        fc.nat(100),
        (text, size) => {
          const range = parseRange(text, size);
          const ranges = parseRanges(text, size) ?? [];
          expect(ranges.every(({ start, end }) => start <= end && end < size && start >= 0)).toBe(true);
          expect(typeof range !== 'object' || (range.start <= range.end && range.end < size && range.start >= 0)).toBe(
            true,
          );
        },
      ),
    );
    fc.assert(fc.property(fc.string(), text => onlyThrows(DavError, () => parseEntityTags(text))));
  });

  it('entity tags are never a reason to refuse, but for a "*" beside them (RFC 9110 §13.1)', () => {
    const junk = fc.string().filter(text => !text.includes('*'));
    fc.assert(fc.property(junk, text => parseEntityTags(text) !== undefined));
    const bare = fc.string({ unit: fc.constantFrom('-', 'a', 'W', '/', '='), minLength: 1 });
    fc.assert(
      fc.property(bare, fc.constantFrom(' ', ',', ', '), (text, between) => {
        for (const both of [`*${between}${text}`, `${text}${between}*`]) {
          expect(() => parseEntityTags(both)).toThrow(expect.objectContaining({ status: 400 }));
        }
      }),
      { examples: [['-', ' ']] },
    );
    expect(parseEntityTags('*')).toEqual({ any: true, tags: [] });
  });
});

describe('parseIf', () => {
  it('reads the forms of RFC 4918 §10.4', () => {
    expect(parseIf('(<urn:uuid:1> ["a"]) (Not <DAV:no-lock>)')).toEqual([
      {
        resource: undefined,
        conditions: [
          { not: false, kind: 'token', value: 'urn:uuid:1' },
          { not: false, kind: 'etag', value: 'a' },
        ],
      },
      { resource: undefined, conditions: [{ not: true, kind: 'token', value: 'DAV:no-lock' }] },
    ]);
    expect(parseIf('<http://h/x> (<urn:1>) ([W/"b"]) </y> (Not ["c"])')?.map(({ resource }) => resource)).toEqual([
      'http://h/x',
      'http://h/x',
      '/y',
    ]);
  });

  it.each(['', '()', '<x>', '(Not)', '(Not Not <x>)', '(<x>', 'x', '(<x>) y', '("a")'])('refuses %j', header => {
    expect(() => parseIf(header)).toThrow(DavError);
  });

  it('reads a long header in linear time, or refuses it', () => {
    expect(onlyThrows(DavError, () => parseIf(`(${'<urn:x>'.repeat(100_000)})`))).toBe(true);
    expect(onlyThrows(DavError, () => parseIf('('.repeat(100_000)))).toBe(true);
    expect(onlyThrows(DavError, () => parseIf(`(<${'x'.repeat(100_000)}`))).toBe(true);
  });
});

describe('E a tag with the coding of a server in front', () => {
  it.each([
    ['TAG-gzip', 'TAG'],
    ['TAG--gzip', 'TAG'],
    ['TAG--gzip', 'TAG-'],
    ['TAG-gzip', 'TAG-gzip'],
    ['TAG---gzip', 'TAG-'],
    ['TAG---gzip', 'TAG--'],
  ])('%s can be %s', (sent, given) => {
    expect(isTagOf(sent, given)).toBe(true);
  });

  it.each([
    ['TAG-gzip', 'TA'],
    ['TAG', 'TAG-gzip'],
    ['TAGgzip', 'TAG'],
    ['TAG-gzip-gzip', 'TAG'],
  ])('%s is not %s', (sent, given) => {
    expect(isTagOf(sent, given)).toBe(false);
  });
});
