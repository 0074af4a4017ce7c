import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { controlAddress, objectionToAddress } from '../../src/control/address.ts';

const place = (socket: string | false | null, dataDir = '/var/lib/webdav') => ({ dataDir, control: { socket } });

describe('controlAddress', () => {
  it('is in dataDir, at the given path, or nowhere', () => {
    expect(controlAddress(place(null), 'linux')).toEqual({ path: '/var/lib/webdav/control.sock', isPipe: false });
    expect(controlAddress(place('/run/dav/c'), 'linux')).toEqual({ path: '/run/dav/c', isPipe: false });
    expect(controlAddress(place(false), 'linux')).toBeUndefined();
  });

  it('is a named pipe on Windows: one for each path, whatever its case', () => {
    const [one, same, other] = ['C:\\Data', 'c:\\data', 'C:\\Other'].map(
      dir => controlAddress(place(null, dir), 'win32')!,
    );
    expect(one!.path).toMatch(/^\\\\\.\\pipe\\onedrive-webdav-[0-9a-f]{32}$/);
    expect([one!.isPipe, same, other!.path === one!.path]).toEqual([true, one, false]);
  });
});

describe('objectionToAddress', () => {
  it.each([
    ['linux', 107],
    ['darwin', 103],
  ] as const)('on %s allows %i bytes, counted in UTF-8', (platform, most) => {
    const ofBytes = (bytes: number) => ({ path: join('/', 'ü'.repeat(10), 'x'.repeat(bytes - 22)), isPipe: false });
    expect(Buffer.byteLength(ofBytes(most).path)).toBe(most);
    expect(objectionToAddress(ofBytes(most), platform)).toBeUndefined();
    expect(objectionToAddress(ofBytes(most + 1), platform)).toMatch(
      new RegExp(`has ${most + 1} bytes, and this system allows ${most}: set control.socket to a shorter path`),
    );
  });

  it('has none to a long path on Windows, whose pipes have short names', () => {
    const address = controlAddress(place(null, `C:\\${'x'.repeat(300)}`), 'win32')!;
    expect(objectionToAddress(address, 'win32')).toBeUndefined();
  });
});
