import { describe, expect, it } from 'vitest';
import { foldName, formatPath, isWithin, parentPath, pathKey, ROOT, toDrivePath } from '../../src/drive/path.ts';

describe('toDrivePath', () => {
  it.each(['', '.', '..', 'a/b'])('refuses %j as a name', name => {
    expect(() => toDrivePath(['ok', name])).toThrow(TypeError);
  });

  it('composes names', () => {
    expect(toDrivePath(['e\u0301'])).toEqual(['\u00e9']);
  });
});

describe('isWithin', () => {
  it.each([
    [['a', 'b'], ['a'], true],
    [['A', 'b'], ['a'], true],
    [['a'], ['a'], true],
    [['a'], ['a', 'b'], false],
    [['ab'], ['a'], false],
    [['a'], [], true],
  ])('%j in %j: %s', (path, folder, within) => {
    expect(isWithin(toDrivePath(path), toDrivePath(folder))).toBe(within);
  });
});

it('pathKey is equal exactly for paths of one entry', () => {
  expect(pathKey(toDrivePath(['A', 'e\u0301']))).toBe(pathKey(toDrivePath(['a', '\u00c9'])));
  expect(pathKey(toDrivePath(['a', 'b']))).not.toBe(pathKey(toDrivePath(['ab'])));
});

it('parentPath of the root is the root, and formatPath shows it as a slash', () => {
  expect(parentPath(ROOT)).toEqual([]);
  expect(formatPath(ROOT)).toBe('/');
});

describe('foldName', () => {
  it('ignores case', () => {
    expect(foldName('Ärger.TXT')).toBe(foldName('äRGER.txt'));
  });

  it.each([
    ['straße', 'STRASSE'],
    ['ı', 'I'],
    ['ﬁ', 'FI'],
  ])('keeps %s and %s apart: OneDrive may hold both', (one, other) => {
    expect(foldName(one)).not.toBe(foldName(other));
  });
});
