import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob, isGlob } from '../../src/lib/glob.ts';

describe('compileGlob', () => {
  it.each([
    ['*', ''],
    ['*', 'anything\nat all'],
    ['*@contoso.com', 'Ada@CONTOSO.com'],
    ['a*b*c', 'abbcbc'],
    ['a*b*c', 'abc'],
    ['???', 'ä🎉c'],
    ['b\u00fccher*', 'Bu\u0308cher und mehr'],
    ['[a].+', '[A].+'],
    ['**', 'x'],
    ['?*', '🎉'],
  ])('%j stands for %j', (glob, text) => {
    expect(compileGlob(glob).test(text)).toBe(true);
  });

  it.each([
    ['*@contoso.com', 'ada@contoso.com.evil.org'],
    ['a*b*c', 'abbcb'],
    ['?', ''],
    ['?', 'ab'],
    ['a', ''],
    ['', 'a'],
    ['[a]', 'a'],
    ['.*', 'a'],
  ])('%j does not stand for %j', (glob, text) => {
    expect(compileGlob(glob).test(text)).toBe(false);
  });

  it('gives the result of the equivalent regular expression', () => {
    const letters = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 12 });
    fc.assert(
      fc.property(letters('ab*?'), letters('ab'), (glob, text) => {
        const source = glob.replaceAll('*', '.*').replaceAll('?', '.');
        expect(compileGlob(glob).test(text)).toBe(new RegExp(`^${source}$`, 's').test(text));
      }),
    );
  });

  it('takes no power of the time for a text that nearly fits', () => {
    const text = `proj-${'-'.repeat(7_500)}`;
    // A regular expression needs hours for this; the test would not end.
    expect(compileGlob('proj-*-*-*-*-*-*-*-archive').test(text)).toBe(false);
  });
});

it('isGlob tells globs from names', () => {
  expect(['a*', '?', 'ada'].map(isGlob)).toEqual([true, true, false]);
});
