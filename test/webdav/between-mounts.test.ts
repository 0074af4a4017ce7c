import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Drive } from '../../src/drive/drive.ts';
import { DriveError } from '../../src/drive/errors.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { ROOT, toDrivePath } from '../../src/drive/path.ts';
import type { PropertyStore } from '../../src/state/property-store.ts';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { driveAt } from '../support/drive-at.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { proppatch, set, textOf } from '../support/properties.ts';
import { openMemoryState } from '../support/state-engines.ts';
import { startTestServer } from '../support/test-server.ts';

const HOUR_AGO = { 'X-OC-Mtime': '1700000000', 'X-OC-CTime': '1600000000' };

/** The names in a folder. */
async function namesIn(dav: Dav, folder: string): Promise<string[]> {
  const hrefs = hrefsOf((await dav('PROPFIND', `${folder}/`, { Depth: '1' })).text);
  return hrefs.slice(1).map(href => href.slice(folder.length + 1));
}

const transfer = async (dav: Dav, method: string, from: string, to: string, headers: Record<string, string> = {}) =>
  (await dav(method, from, { Destination: to, ...headers })).status;

/** The mount `ada` is a drive that has a folder `Docs`, and `docs` is that folder. */
function describeSamePlace(name: string, open: () => Promise<{ dav: Dav; stop(): Promise<void> }>): void {
  describe(`two mounts that show one folder, ${name}`, () => {
    let dav: Dav;
    let stop: () => Promise<void>;

    beforeAll(async () => {
      ({ dav, stop } = await open());
    });
    afterAll(async () => {
      await stop?.();
    });
    beforeEach(async () => {
      await dav('MKCOL', '/ada/Docs/dir');
      await dav('PUT', '/ada/Docs/file', {}, 'content');
      await dav('PUT', '/ada/Docs/dir/leaf', {}, 'leaf');
    });

    it.each([
      ['the same file', '/ada/Docs/file', '/docs/file'],
      ['the same file, back', '/docs/file', '/ada/Docs/file'],
      ['the same file in another case', '/ada/docs/file', '/docs/FILE'],
      ['the same folder', '/ada/Docs/dir', '/docs/dir'],
      ['a folder into itself', '/ada/Docs/dir', '/docs/dir/in'],
      ['the folder of the mount into itself', '/ada/Docs', '/docs/in'],
      ['a member over its folder', '/docs/dir', '/ada/Docs'],
    ])('refuse to copy or move %s, and lose nothing', async (_, from, to) => {
      for (const method of ['COPY', 'MOVE']) {
        expect(await transfer(dav, method, from, to)).toBe(403);
        expect(await transfer(dav, method, from, to, { Overwrite: 'F' })).toBe(403);
      }
      expect((await namesIn(dav, '/ada/Docs')).sort()).toEqual(['dir/', 'file']);
      expect(await namesIn(dav, '/docs/dir')).toEqual(['leaf']);
      expect((await dav('GET', '/docs/file')).text).toBe('content');
      expect((await dav('GET', '/ada/Docs/dir/leaf')).text).toBe('leaf');
    });

    it('copy and move what goes elsewhere in it, and properties come along', async () => {
      await proppatch(dav, '/ada/Docs/file', set('<x:mark>of file</x:mark>'));
      await proppatch(dav, '/docs/dir/leaf', set('<x:mark>of leaf</x:mark>'));
      expect(await transfer(dav, 'COPY', '/ada/Docs/file', '/docs/copy')).toBe(201);
      expect(await transfer(dav, 'MOVE', '/ada/Docs/file', '/docs/moved')).toBe(201);
      expect(await transfer(dav, 'MOVE', '/docs/dir', '/ada/dir')).toBe(201);
      const marks = ['/docs/copy', '/docs/moved', '/ada/dir/leaf'].map(at => textOf(dav, at, '<x:mark/>'));
      expect(await Promise.all(marks)).toEqual(['of file', 'of file', 'of leaf']);
      expect((await namesIn(dav, '/docs')).sort()).toEqual(['copy', 'moved']);
      await Promise.all(['/docs/copy', '/docs/moved', '/ada/dir'].map(at => dav('DELETE', at)));
    });

    it('let a name change its case inside one of them', async () => {
      expect(await transfer(dav, 'MOVE', '/docs/file', '/docs/FILE')).toBeLessThan(300);
      expect((await namesIn(dav, '/ada/Docs')).sort()).toEqual(['FILE', 'dir/']);
      expect(await transfer(dav, 'MOVE', '/ada/Docs/FILE', '/ada/Docs/file')).toBeLessThan(300);
    });
  });
}

/**
 * A drive of a mailbox that is mounted by one of its names. Its true name shows after the first request to it.
 */
function openedLate(inner: Drive, name: string): Drive {
  let isOpen = false;
  const opening = { canonicalPath: (path: readonly string[]) => toDrivePath([isOpen ? 'drive 1' : name, ...path]) };
  const stat: Drive['stat'] = (path, options) => {
    isOpen = true;
    return inner.stat(path, options);
  };
  return withFaults(inner, { ...opening, stat });
}

async function openDoor(shared: [whole: Drive, again: Drive]): Promise<{ dav: Dav; stop(): Promise<void> }> {
  const [whole, again] = shared;
  const door = await startFrontDoor({
    mounts: [
      { name: 'ada', drive: whole, readOnly: false },
      { name: 'docs', drive: again, readOnly: false },
    ],
  });
  return { dav: davClient(door), stop: door.stop };
}

async function driveWithDocs(): Promise<Drive> {
  const drive = createMemoryDrive();
  await drive.makeFolder(toDrivePath(['Docs']), { signal: new AbortController().signal });
  return drive;
}

describeSamePlace('in memory', async () => {
  const whole = withFaults(await driveWithDocs(), { canonicalPath: path => toDrivePath(['drive 1', ...path]) });
  return openDoor([whole, driveAt(whole, ['Docs'])]);
});

describeSamePlace('on the emulator', async () => {
  const mounts = ['{ mailbox: ada@contoso.com, name: docs, root: /Docs }'];
  // Each of the two mounts remembers for itself what it has seen.
  const server = await startTestServer({ mounts, yaml: ['cache: { ttlSeconds: 0 }'] });
  const dav = davClient(server);
  await dav('MKCOL', '/ada/Docs');
  return { dav, stop: () => server.stop() };
});

it('two mounts of one mailbox are seen to lead to one place although neither was used before', async () => {
  const drive = await driveWithDocs();
  const { dav, stop } = await openDoor([openedLate(drive, 'ada'), openedLate(drive, 'ada.lovelace')]);
  try {
    expect(await transfer(dav, 'COPY', '/ada/Docs', '/docs/Docs')).toBe(403);
  } finally {
    await stop();
  }
});

describe('MOVE from one drive to another', () => {
  let door: FrontDoorTest;
  let dav: Dav;
  let properties: PropertyStore;
  /** The scopes of the properties in the source and the target. */
  let scopes: readonly string[];
  /** Replaced by tests; run at the end of each write to the target, before each stat of it, before each setTimes. */
  let written: () => Promise<void>;
  let asked: () => Promise<void>;
  let timed: () => Promise<void>;

  beforeEach(async () => {
    [written, asked, timed] = [async () => {}, async () => {}, async () => {}];
    const [source, target] = [createMemoryDrive(), createMemoryDrive()];
    scopes = [source, target].map(drive => drive.canonicalPath(ROOT)[0]!);
    const watched = withFaults(target, {
      write: async (path, body, options) => {
        const result = await target.write(path, body, options);
        await written();
        return result;
      },
      stat: async (path, options) => {
        await asked();
        return target.stat(path, options);
      },
      setTimes: async (path, times, options) => {
        await timed();
        return target.setTimes(path, times, options);
      },
    });
    properties = openMemoryState().properties;
    door = await startFrontDoor({
      mounts: [
        { name: 'ada', drive: source, readOnly: false },
        { name: 'grace', drive: watched, readOnly: false },
      ],
      properties,
    });
    dav = davClient(door);
    await dav('MKCOL', '/ada/t');
    await dav('MKCOL', '/ada/t/sub');
    for (const name of ['one', 'sub/two', 'three']) {
      await dav('PUT', `/ada/t/${name}`, {}, name);
    }
  });
  afterEach(async () => {
    await door?.stop();
  });

  const warnings = () => door.logged.map(line => JSON.parse(line)).filter(({ level }) => level === 'warn');
  const onceWritten = (count: number, act: () => Promise<unknown>) => {
    let left = count;
    written = async () => {
      left -= 1;
      if (left === 0) {
        await act();
      }
    };
  };

  it.each([
    ['a new file', 1, '/ada/t/precious'],
    ['a new file in a folder that was copied', 3, '/ada/t/sub/precious'],
    ['another version of a file that was copied', 3, '/ada/t/one'],
  ])('removes nothing when %s has come meanwhile, and a second try takes all', async (_, count, at) => {
    onceWritten(count, async () => expect((await dav('PUT', at, {}, 'precious')).status).toBeLessThan(300));
    const answer = await dav('MOVE', '/ada/t', { Destination: '/grace/t' });
    expect([answer.status, answer.text]).toEqual([423, expect.stringContaining(at.replace('/ada', ''))]);
    expect((await dav('GET', at)).text).toBe('precious');
    expect((await dav('GET', '/ada/t/three')).text).toBe('three');
    expect((await dav('GET', '/grace/t/three')).text).toBe('three');
    expect(await transfer(dav, 'MOVE', '/ada/t', '/grace/t')).toBe(204);
    expect((await dav('GET', at.replace('ada', 'grace'))).text).toBe('precious');
    expect((await dav('GET', '/grace/t/sub/two')).text).toBe('sub/two');
    expect((await dav('HEAD', '/ada/t')).status).toBe(404);
  });

  it('leaves no properties where nothing is any more', async () => {
    for (const name of ['', '/one', '/sub/two']) {
      await proppatch(dav, `/ada/t${name}`, set('<x:mark>1</x:mark>'));
    }
    expect(await transfer(dav, 'MOVE', '/ada/t', '/grace/t')).toBe(201);
    expect(await textOf(dav, '/grace/t/sub/two', '<x:mark/>')).toBe('1');
    expect(await Promise.all(scopes.map(scope => properties.isUsed(scope)))).toEqual([false, true]);
  });

  it('keeps the source with its properties when those cannot be copied', async () => {
    await proppatch(dav, '/ada/t/one', set('<x:mark>1</x:mark>'));
    onceWritten(3, async () => {
      asked = async () => {
        throw new DriveError('throttled', 'slow down', { retryAfterSeconds: 7 });
      };
    });
    expect(await transfer(dav, 'MOVE', '/ada/t', '/grace/t')).toBe(503);
    asked = async () => {};
    expect(await textOf(dav, '/ada/t/one', '<x:mark/>')).toBe('1');
    expect(await transfer(dav, 'MOVE', '/ada/t', '/grace/t')).toBe(204);
    expect(await textOf(dav, '/grace/t/one', '<x:mark/>')).toBe('1');
  });

  it('and COPY are done although times cannot be set, and do not say that these were accepted', async () => {
    timed = async () => {
      throw new DriveError('forbidden', 'no times here');
    };
    for (const [method, to] of [
      ['COPY', '/grace/copy'],
      ['MOVE', '/grace/moved'],
    ] as const) {
      const { status, headers } = await dav(method, '/ada/t', { Destination: to, ...HOUR_AGO });
      expect([status, headers.get('x-oc-mtime'), headers.get('x-oc-ctime')]).toEqual([201, null, null]);
      expect(warnings().at(-1)).toMatchObject({ path: to, msg: expect.stringContaining('times') });
    }
    timed = async () => {};
    const { headers } = await dav('MOVE', '/grace/moved', { Destination: '/grace/again', ...HOUR_AGO });
    expect([headers.get('x-oc-mtime'), headers.get('x-oc-ctime')]).toEqual(['accepted', 'accepted']);
  });

  it('is unlike COPY, which is done although properties cannot be copied; the log names it', async () => {
    await proppatch(dav, '/ada/t/one', set('<x:mark>1</x:mark>'));
    onceWritten(3, async () => {
      asked = async () => {
        throw new DriveError('unavailable', 'not now');
      };
    });
    expect(await transfer(dav, 'COPY', '/ada/t', '/grace/t')).toBe(201);
    expect(warnings().at(-1)).toMatchObject({ path: '/grace/t', msg: expect.stringContaining('properties') });
  });
});

it('MOVE of a tree from one mailbox of the emulator to another takes all of it', async () => {
  await using stack = new AsyncDisposableStack();
  const server = await startTestServer();
  stack.defer(() => server.stop());
  const dav = davClient(server);
  await dav('MKCOL', '/ada/t');
  await dav('MKCOL', '/ada/t/sub');
  await dav('PUT', '/ada/t/sub/leaf', {}, 'leaf');
  await dav('PUT', '/ada/t/file', {}, 'file');
  expect(await transfer(dav, 'MOVE', '/ada/t', '/grace/t')).toBe(201);
  expect((await dav('GET', '/grace/t/sub/leaf')).text).toBe('leaf');
  expect((await dav('HEAD', '/ada/t')).status).toBe(404);
  expect(server.emulator.violations).toEqual([]);
});
