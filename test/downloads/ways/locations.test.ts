import { describe, expect, it } from 'vitest';
import { DOWNLOAD_WAYS } from '../../../src/downloads/policy.ts';
import { LOCATIONS } from '../../../src/downloads/ways/locations.ts';

const ADDRESS = 'https://contoso.sharepoint.com/download?tempauth=secret';
const DATE = new Date(0);
const ENTRY = { kind: 'file', name: 'a', id: '1', etag: '"1"', size: 9, created: DATE, modified: DATE } as const;
const PROXY = { urls: ['https://dl.example.com'], template: undefined, keys: [], sign: false, lifeSeconds: 0 };
const PARTS = {
  file: { names: ['ada', 'a'], entry: ENTRY },
  address: async () => ADDRESS,
  customHost: undefined,
  proxy: PROXY,
  now: 0,
};

describe('where a way sends a client', () => {
  it.each([
    ['redirect', ADDRESS],
    ['proxy', undefined],
    ['download-proxy', 'https://dl.example.com/ada/a'],
  ] as const)('%s: %s', async (way, location) => {
    expect(await LOCATIONS[way](PARTS)).toBe(location);
  });

  it('is never the pre-authenticated URL when the download proxy is missing', async () => {
    const without = { ...PARTS, proxy: undefined, customHost: 'https://edge.example.com' };
    expect(await LOCATIONS['download-proxy'](without)).toBeUndefined();
  });

  it.each(DOWNLOAD_WAYS)('is nowhere but here for a file without an address, by %s', async way => {
    expect(await LOCATIONS[way]({ ...PARTS, address: async () => undefined })).toBeUndefined();
  });
});
