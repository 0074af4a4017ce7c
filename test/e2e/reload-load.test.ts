import { randomBytes } from 'node:crypto';
import { queryObjects } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { Repeating } from '../../src/lib/repeating.ts';
import { MountTable } from '../../src/mounts/mount-table.ts';
import { DriveFeed } from '../../src/onedrive/drive-feed.ts';
import { MetadataCache } from '../../src/onedrive/metadata-cache.ts';
import { eventually } from '../support/eventually.ts';
import { type Given, openReloadServer as serve } from '../support/reload-server.ts';

const ADA = { mailbox: 'ada@contoso.com' };
const GRACE = { mailbox: 'grace@contoso.com' };

/** Two configurations that differ in about every part that can change. */
const ONE: Given = {
  mounts: [ADA, GRACE],
  users: [{ name: 'all' }],
  cache: { pollSeconds: 30, ttlSeconds: 5 },
};
const OTHER: Given = {
  mounts: [ADA, { ...GRACE, readOnly: true, root: '/sub', shortcuts: 'follow' }],
  users: [{ name: 'all' }, { name: 'bob', mounts: { '*': 'read' } }],
  cache: { pollSeconds: 40, ttlSeconds: 6 },
  limits: { maxBufferBytes: '64 MiB', maxXmlBytes: '2 MiB', maxHeaderBytes: '32 KiB' },
  graph: { maxConcurrentRequests: 8 },
  junk: [],
  auth: { realm: 'Other', credentialCacheSeconds: 10 },
};
const reset: Given = { limits: {}, graph: {}, junk: undefined, auth: {} };

describe('a server under load', () => {
  it('loses no request in 30 reloads: what is read and written is whole', async () => {
    const server = await serve({ config: ONE });
    const dav = server.dav();
    const wrong: unknown[] = [];
    let isOver = false;
    const check = (what: string, answer: { status: number; text: string }, expected: [number[], string?]) => {
      if (!expected[0].includes(answer.status) || (expected[1] !== undefined && answer.text !== expected[1])) {
        wrong.push([what, answer.status, answer.text.slice(0, 200)]);
      }
    };
    let requests = 0;
    const write = async (name: string) => {
      for (let turn = 0; !isOver; turn += 1) {
        const text = `${name} ${turn} ${randomBytes(turn % 3 === 0 ? 200_000 : 20).toString('hex')}`;
        check('PUT', await dav('PUT', `/ada/${name}`, {}, text), [[201, 204]]);
        check('GET', await dav('GET', `/ada/${name}`), [[200], text]);
        requests += 2;
      }
    };
    const read = async () => {
      while (!isOver) {
        check('GET', await dav('GET', '/ada/a.txt'), [[200], 'of Ada']);
        check('PROPFIND', await dav('PROPFIND', '/ada/', { Depth: '1' }), [[207]]);
        requests += 2;
      }
    };
    const clients = [...['one', 'two', 'three'].map(write), read(), read(), read()];
    for (let turn = 0; turn < 30; turn += 1) {
      const before = requests;
      const { changed } = await server.reload(turn % 2 === 0 ? OTHER : { ...reset, ...ONE });
      expect(changed.length).toBeGreaterThan(2);
      await eventually(() => expect(requests).toBeGreaterThan(before));
    }
    isOver = true;
    await Promise.all(clients);
    expect(wrong).toEqual([]);
  });
});

/** A clock that knows how many wait. */
function countingClock(): Clock & { waiting(): number } {
  let waiting = 0;
  return {
    now: systemClock.now,
    waiting: () => waiting,
    sleep: async (...args) => {
      waiting += 1;
      try {
        await systemClock.sleep(...args);
      } finally {
        waiting -= 1;
      }
    },
  };
}

describe('a hundred reloads', () => {
  it('leave nothing behind: no timer, no watch, no table and no feed of an earlier configuration', async () => {
    const clock = countingClock();
    const rules = { mounts: [ADA, { mailboxes: { match: 'grace@*' } }], people: [{ mounts: 'own' }] };
    const others = { mounts: [{ mailboxes: { match: '*' } }], people: [{ match: 'ada@*', mounts: 'own' }] };
    const server = await serve({ clock, config: { ...ONE, ...rules } });
    const use = async () => {
      for (const name of ['ada', 'grace']) {
        await eventually(async () => {
          expect((await server.dav()('PROPFIND', `/${name}/`, { Depth: '1' })).status).toBe(207);
        });
      }
    };
    const classes = { MountTable, Repeating, DriveFeed, MetadataCache };
    const counted = () =>
      Object.entries(classes).map(([name, each]) => [name, queryObjects(each as never) as unknown as number] as const);
    const reload = async (turns: number) => {
      for (let turn = 0; turn < turns; turn += 1) {
        await server.reload({ ...OTHER, ...others });
        await server.reload({ ...reset, ...ONE, ...rules });
      }
      await use();
    };
    await use();
    await reload(2);
    const waiting = await settled(clock.waiting);
    const before = counted();
    await reload(48);
    await eventually(() => expect(clock.waiting()).toBe(waiting));
    // What is there for the first time may take a collection longer to go than what is counted at last.
    const isMore = () => counted().filter(([, count], index) => count > before[index]![1]);
    await eventually(() => expect(isMore()).toEqual([]), 500);
  });
});

/** What is counted when it no longer changes. */
async function settled(count: () => number): Promise<number> {
  let last = count();
  await eventually(() => {
    const before = last;
    last = count();
    expect(last).toBe(before);
  }, 500);
  return last;
}
