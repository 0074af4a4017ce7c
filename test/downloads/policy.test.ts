import { describe, expect, it } from 'vitest';
import { DOWNLOAD_WAYS, type DownloadWay, WAY_TRAITS } from '../../src/downloads/policy.ts';
import { LOCATIONS } from '../../src/downloads/ways/locations.ts';

describe('the tables of the download ways', () => {
  it('are in one order of strictness, in which only the strictest keeps everything here', () => {
    const order = DOWNLOAD_WAYS.toSorted((one, other) => WAY_TRAITS[one].strictness - WAY_TRAITS[other].strictness);
    expect(order).toEqual(['redirect', 'download-proxy', 'proxy']);
    expect(DOWNLOAD_WAYS.filter(way => !WAY_TRAITS[way].leadsAway)).toEqual(['proxy']);
    expect(new Set(DOWNLOAD_WAYS.map(way => WAY_TRAITS[way].strictness)).size).toBe(DOWNLOAD_WAYS.length);
  });

  it('do not compile for a way that they do not have', () => {
    // @ts-expect-error the compiler points to the table when there is one more way
    const traitsOf = (way: DownloadWay | 'fourth') => WAY_TRAITS[way];
    // @ts-expect-error the same
    const locateBy = (way: DownloadWay | 'fourth') => LOCATIONS[way];
    expect([traitsOf('proxy'), locateBy('proxy')]).toEqual([WAY_TRAITS.proxy, LOCATIONS.proxy]);
  });
});
