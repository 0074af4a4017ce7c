import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { yamlScalar } from '../../src/lib/yaml-scalar.ts';

describe('yamlScalar', () => {
  it('is read back as the same text, whatever it is, in a map and in a list', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), text => {
        expect(parse(`key: ${yamlScalar(text)} # remark\nlist: [${yamlScalar(text)}, x]`)).toEqual({
          key: text,
          list: [text, 'x'],
        });
      }),
    );
  });

  it.each([
    'true',
    'NULL',
    'off',
    '1e5',
    '0x1f',
    '0o17',
    '.5',
    '.inf',
    '007',
    '-',
    '~',
    '',
    'a: b',
    '# a',
    '*@x',
    '@x',
  ])('does not let %j be taken for something else', text => {
    expect(parse(`key: ${yamlScalar(text)}`)).toEqual({ key: text });
  });

  it('leaves alone what needs no quotes', () => {
    for (const text of [
      'ada@contoso.com',
      './client-secret.txt',
      '/etc/x.pem',
      '0f0e0d0c-0000-4000-8000-000000000000',
    ]) {
      expect(yamlScalar(text)).toBe(text);
    }
  });
});
