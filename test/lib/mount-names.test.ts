import { describe, expect, it } from 'vitest';
import { chooseMountName } from '../../src/lib/mount-names.ts';

describe('chooseMountName', () => {
  const choose = (address: string, ...taken: string[]) => chooseMountName(address, name => taken.includes(name));

  it('is the part before the @, then the whole address, then numbers from 2', () => {
    const address = 'ada@contoso.com';
    expect(choose(address)).toBe('ada');
    expect(choose(address, 'ada')).toBe(address);
    expect(choose(address, 'ada', address)).toBe(`${address} (2)`);
    expect(choose(address, 'ada', address, `${address} (2)`)).toBe(`${address} (3)`);
  });

  it.each([
    ['a"b*c:d<e>f?g/h\\i|j@x', 'a-b-c-d-e-f-g-h-i-j'],
    ['. ada .@x', 'ada'],
    ['..@x', 'mailbox'],
    ['-@x', 'mailbox'],
    ['*@x', 'mailbox'],
    ['', 'mailbox'],
    ['a\u0000\u0085b@x', 'a--b'],
    ['e\u0301va@x', '\u00e9va'],
    [`${'a'.repeat(88)}. b@x`, `${'a'.repeat(88)}`],
    [`${'😀'.repeat(91)}@x`, '😀'.repeat(90)],
    ['guest_x.org#EXT#@contoso.com', 'guest_x.org#EXT#'],
  ])('makes a folder name of %j', (address, name) => {
    expect(choose(address)).toBe(name);
  });
});
