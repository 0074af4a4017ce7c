import { describe, expect, it } from 'vitest';
import { toOriginForm } from '../../src/http/limits.ts';

describe('toOriginForm', () => {
  it.each([
    ['/m/a?x', '/m/a?x'],
    ['http://host:8080/m/a%20b?x', '/m/a%20b?x'],
    ['HTTPS://host', '/'],
    ['http://[::1]/m', '/m'],
  ])('makes %s %s', (target, path) => {
    expect(toOriginForm(target)).toBe(path);
  });

  it.each(['', '*', 'm/a', 'ftp://host/', 'http://', 'http://[::bad/x', 'http://host/a#b', 'http://host:99999/'])(
    'makes nothing of %j',
    target => {
      expect(toOriginForm(target)).toBeUndefined();
    },
  );
});
