import fc from 'fast-check';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DAV_CLASSES } from '../../src/webdav/handler.ts';
import { KeptAnswers } from '../../src/webdav/kept-answers.ts';
import { openTwin, type Twin, type TwinAnswer, type TwinRequest, type UserName } from '../support/answer-twin.ts';
import { eventually } from '../support/eventually.ts';
import { basic } from '../support/raw-http.ts';

const SEED = 20_261_129;
const RUNS = 300;
/** So many of the last requests are asked again after each step. */
const ASKED_AGAIN = 3;
const HOUR_MS = 3_600_000;

const named = (...names: string[]) =>
  `<D:propfind xmlns:D="DAV:"><D:prop>${names.map(name => `<D:${name}/>`).join('')}</D:prop></D:propfind>`;

/** The ways of asking, by what their answers depend on. */
const LOOKS: readonly Omit<TwinRequest, 'path' | 'user'>[] = [
  { method: 'PROPFIND', headers: { depth: '0' } },
  { method: 'PROPFIND', headers: { depth: '1' } },
  { method: 'PROPFIND', headers: { depth: '1', 'accept-encoding': 'gzip' } },
  { method: 'PROPFIND', headers: { depth: '1', prefer: 'depth-noroot' } },
  { method: 'PROPFIND', headers: { depth: '0' }, body: named('getetag', 'lockdiscovery', 'author') },
  { method: 'PROPFIND', headers: { depth: '1' }, body: named('getetag', 'quota-used-bytes', 'sync-token') },
  { method: 'PROPFIND', headers: { depth: '0', 'user-agent': 'Microsoft-WebDAV-MiniRedir/10.0' } },
  { method: 'PROPFIND', headers: { depth: '0', if: '(Not <urn:uuid:0>)' } },
  { method: 'HEAD' },
  { method: 'GET', headers: { 'if-modified-since': 'Fri, 01 Jan 2038 00:00:00 GMT' } },
  { method: 'OPTIONS' },
  { method: 'GET' },
  { method: 'GET', headers: { range: 'bytes=0-0' } },
  // Where the mount's policy is `auto`, it is redirected.
  {
    method: 'GET',
    headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' },
  },
];

/** Those that are kept most often come most often. */
const look = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(0, 1) },
  { weight: 3, arbitrary: fc.nat(LOOKS.length - 1) },
);
const user = fc.constantFrom<UserName>('writer', 'writer', 'reader', 'narrow');
/** Below the folder of a run; the last ones are junk names. */
const path = fc.constantFrom(
  '',
  '',
  'a',
  'a',
  'dir',
  'dir/a',
  'b',
  'dir',
  'dir/a',
  'dir/b',
  'dir/sub',
  'dir/sub/a',
  '._a',
  '.DS_Store',
);
const mount = fc.constantFrom('m', 'n');
/** The root of all mounts has no members of a run. */
const place = fc.constantFrom('m', 'm', 'm', 'n', 'n', 'n', 'root');
const at = { user, path, mount };
const step = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant('look' as const), ...at, mount: place, look }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('put' as const), ...at, size: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('mkcol' as const), ...at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), ...at }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('move' as const, 'copy' as const), ...at, to: path }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('lock' as const, 'unlock' as const), ...at }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('author' as const, 'touch' as const), ...at, size: fc.nat(3) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('elsewhere' as const), path, to: path, size: fc.nat(5) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(1_000, 6_000, 31_000, HOUR_MS, 25 * HOUR_MS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('mounts' as const), size: fc.nat(4) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      fault: fc.constantFrom('error-503', 'throttle-429', 'absent-empty', 'reset-before'),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What a run knows of one twin. */
interface Side {
  readonly twin: Twin;
  /** Of the last lock. */
  token: string;
}

const DIRECTORY: Readonly<Record<string, string>> = { m: '/m/shared', n: '/n' };

function placeOf(run: string, { mount, path: below }: { mount: string; path: string }): string {
  const directory = DIRECTORY[mount];
  return directory === undefined ? '/' : `${directory}/${run}/${below}`;
}

describe('kept answers', () => {
  let twins: readonly [Twin, Twin];
  let runs = 0;

  beforeAll(async () => {
    twins = [await openTwin(16 * 1024 ** 2), await openTwin(0)];
  }, 60_000);

  afterAll(async () => {
    for (const twin of twins) {
      await twin[Symbol.asyncDispose]();
    }
  });

  it('are those of a server that keeps none, after every sequence of changes', { timeout: 600_000 }, async () => {
    const send = vi.spyOn(KeptAnswers.prototype, 'send');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 10 }), async steps => {
        runs += 1;
        const run = `run ${runs}`.replace(' ', '-');
        const sides = twins.map(twin => ({ twin, token: '' }));
        await both(sides, ({ twin }) => begin(twin, run));
        const asked: TwinRequest[] = [];
        for (const one of steps) {
          if (one.do === 'look') {
            asked.unshift({ ...LOOKS[one.look]!, user: one.user, path: placeOf(run, one) });
            asked.length = Math.min(asked.length, ASKED_AGAIN);
          } else {
            await both(sides, side => act(side, run, one));
          }
          for (const again of [...asked, ...asked.slice(0, 1)]) {
            await both(sides, ({ twin }) => twin.send(again));
          }
          await both(sides, ({ twin }) => Promise.resolve(twin.emulator.setFaults([])));
        }
        await both(sides, ({ twin }) => end(twin));
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: false },
    );
    // Otherwise the test would show nothing.
    const hits = send.mock.results.filter(({ value }) => value === true).length;
    expect(hits).toBeGreaterThan(RUNS * 2);
  });
});

describe('a kept answer', () => {
  it('is given only behind the door, is logged and counted, and costs no call', async () => {
    await using twin = await openTwin(1024 ** 2);
    await twin.ada.put('/shared/a', 'a');
    const { front, emulator } = twin;
    const send = vi.spyOn(KeptAnswers.prototype, 'send');
    const ask = (user: string, password = front.password) =>
      request(`${front.url}/n/a`, { method: 'PROPFIND' as 'GET', headers: { ...basic(user, password), depth: '0' } });
    const ids: unknown[] = [];
    for (let times = 0; times < 3; times += 1) {
      const { statusCode, headers, body } = await ask('writer');
      expect([statusCode, headers.dav]).toEqual([207, DAV_CLASSES]);
      ids.push(headers['x-request-id']);
      await body.dump();
      emulator.resetCalls();
    }
    expect(send.mock.results.map(({ value }) => value)).toEqual([false, true, true]);
    expect(emulator.calls).toEqual([]);
    expect(new Set(ids).size).toBe(3);
    await eventually(() => {
      const lines = front.logged.map(line => JSON.parse(line)).filter(({ msg }) => msg === 'request');
      expect(lines.map(({ id, user, status }) => [id, user, status])).toEqual(ids.map(id => [id, 'writer', 207]));
    });
    expect((await ask('writer', 'wrong')).statusCode).toBe(401);
    expect((await ask('nobody')).statusCode).toBe(401);
    const metrics = await (await request(`${front.url}/-/metrics`)).body.text();
    expect(metrics).toContain('onedrive_webdav_request_seconds_count{method="PROPFIND",status="207"} 3');
  });
});

describe('a kept redirect', () => {
  const FIREFOX = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };

  it('is given while its address would be, to a client that comes back as long as it is fresh', async () => {
    await using twin = await openTwin(1024 ** 2);
    await twin.ada.put('/shared/a', 'bytes');
    const get = redirectsOf(twin, '/n/a');
    const first = await get();
    expect(first).toMatchObject({ isKept: false });
    twin.clock.advance(6_000);
    expect(await get()).toEqual({ ...first, isKept: true, calls: 0 });
    // It comes back at once: perhaps its address does not work.
    const second = await get();
    expect(second).toMatchObject({ isKept: false, calls: 1 });
    expect(second.location).not.toBe(first.location);
    expect(await get()).toEqual({ ...second, isKept: false, calls: 0 });
    expect(await get()).toEqual({ ...second, isKept: true, calls: 0 });
    twin.clock.advance(1_000);
    expect(await get()).toMatchObject({ isKept: false, calls: 1 });
    const metrics = await (await request(`${twin.front.url}/-/metrics`)).body.text();
    expect(metrics).toContain('onedrive_webdav_downloads_total{way="redirect",reason="policy"} 6');
    await eventually(() => {
      const lines = twin.front.logged.map(line => JSON.parse(line)).filter(({ msg }) => msg === 'request');
      const ways = lines.filter(({ path }) => path === '/n/a').map(({ download }) => download);
      expect(ways.slice(0, 6)).toEqual(Array(6).fill('redirect'));
    });
  });

  it('is not given for another half an hour, nor for a changed file', async () => {
    await using twin = await openTwin(1024 ** 2);
    await twin.ada.put('/shared/a', 'bytes');
    const get = redirectsOf(twin, '/n/a');
    const first = await get();
    for (let minutes = 0; minutes < 31; minutes += 1) {
      twin.clock.advance(60_000);
      await twin.send({ method: 'PROPFIND', path: '/n/a', user: 'writer', headers: { depth: '0' } });
    }
    const second = await get();
    expect(second).toMatchObject({ isKept: false });
    expect(second.location).not.toBe(first.location);
    await twin.send({ method: 'PUT', path: '/n/a', user: 'writer', body: 'others' });
    expect(await get()).toMatchObject({ isKept: false });
  });

  it('ends for a client that keeps coming back under auto, and while the file is locked', async () => {
    await using twin = await openTwin(1024 ** 2);
    await twin.ada.put('/shared/a', 'bytes');
    await twin.ada.put('/shared/b', 'bytes');
    const getB = redirectsOf(twin, '/m/shared/b', FIREFOX);
    expect(await getB()).toMatchObject({ status: 302, isKept: false });
    twin.clock.advance(6_000);
    expect(await getB()).toMatchObject({ status: 302, isKept: true });
    await twin.send({ method: 'LOCK', path: '/m/shared/b', user: 'writer', body: LOCK });
    twin.clock.advance(6_000);
    expect(await getB()).toMatchObject({ status: 200, isKept: false });
    const getA = redirectsOf(twin, '/m/shared/a', FIREFOX);
    const statuses = [];
    for (let times = 0; times < 4; times += 1) {
      statuses.push((await getA()).status);
    }
    expect(statuses).toEqual([302, 302, 200, 200]);
  });
});

/** Asks for a file; tells whether the answer was kept, and what it cost. */
function redirectsOf({ front, emulator }: Twin, path: string, headers: Readonly<Record<string, string>> = {}) {
  const send = vi.spyOn(KeptAnswers.prototype, 'send');
  return async () => {
    emulator.resetCalls();
    const answer = await request(`${front.url}${path}`, {
      headers: { ...basic('writer', front.password), ...headers },
    });
    await answer.body.dump();
    return {
      status: answer.statusCode,
      location: answer.headers.location,
      isKept: send.mock.results.at(-1)?.value,
      calls: emulator.calls.length,
    };
  };
}

/** Does the same on both sides, which must have the same result. */
async function both<T>(sides: readonly Side[], work: (side: Side) => Promise<T>): Promise<void> {
  const [kept, plain] = await Promise.all(sides.map(work));
  expect(kept).toEqual(plain);
}

async function begin({ ada }: Twin, run: string): Promise<void> {
  await ada.put(`/shared/${run}/a`, 'a');
  await ada.put(`/shared/${run}/dir/a`, 'a');
}

/** All mounts are there again, and nobody holds a lock. */
async function end(twin: Twin): Promise<void> {
  restore(twin);
  twin.clock.advance(2 * HOUR_MS);
}

function restore({ table, mounts }: Twin): void {
  table.change({ remove: table.all().filter(({ name }) => name === 'n'), add: [mounts.n] });
}

async function act(side: Side, run: string, one: Exclude<Step, { do: 'look' }>): Promise<TwinAnswer | undefined> {
  const { twin } = side;
  switch (one.do) {
    case 'pass':
      twin.clock.advance(one.ms);
      return undefined;
    case 'fault':
      twin.emulator.setFaults([{ fault: one.fault, count: 2 }]);
      return undefined;
    case 'mounts':
      changeMounts(twin, one.size);
      return undefined;
    case 'elsewhere':
      await changeElsewhere(twin, `/shared/${run}`, one);
      return undefined;
    default:
      return await change(side, run, one);
  }
}

function changeMounts({ table, mounts }: Twin, kind: number): void {
  const now = table.all().filter(({ name }) => name === 'n');
  const next = [[mounts.n], [mounts.other], [], [{ ...mounts.n, readOnly: true }]][kind];
  if (next === undefined) {
    table.ownersChanged();
  } else {
    table.change({ remove: now, add: next });
  }
}

async function changeElsewhere(
  { ada }: Twin,
  folder: string,
  { path: below, to, size }: { path: string; to: string; size: number },
): Promise<void> {
  const [from, target] = [`${folder}/${below}`, `${folder}/${to}`];
  const acts = [
    () => ada.put(from, 'elsewhere'),
    () => ada.mkdir(from),
    () => ada.remove(from),
    () => ada.move(from, target),
    () => ada.rewrite(from, 'rewritten'),
    () => ada.expireChanges(),
  ];
  try {
    await acts[size]!();
  } catch {
    // What cannot be done is refused on both sides.
  }
}

const LOCK = [
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>',
  '<D:locktype><D:write/></D:locktype></D:lockinfo>',
].join('');
const propertyUpdate = (property: string) =>
  `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>${property}</D:prop></D:set></D:propertyupdate>`;

async function change(
  side: Side,
  run: string,
  one: Extract<Step, { mount: string }> & { size?: number; to?: string },
): Promise<TwinAnswer> {
  const url = placeOf(run, one);
  const { user: by, size = 0, to = '' } = one;
  const base = { user: by, path: url };
  const destination = { destination: placeOf(run, { mount: one.mount, path: to }), overwrite: 'T' };
  const requests = {
    look: () => ({ method: 'OPTIONS', ...base }),
    put: () => ({ method: 'PUT', ...base, body: 'x'.repeat(size) }),
    mkcol: () => ({ method: 'MKCOL', ...base }),
    delete: () => ({ method: 'DELETE', ...base }),
    move: () => ({ method: 'MOVE', ...base, headers: destination }),
    copy: () => ({ method: 'COPY', ...base, headers: destination }),
    lock: () => ({ method: 'LOCK', ...base, body: LOCK }),
    unlock: () => ({ method: 'UNLOCK', ...base, headers: { 'lock-token': `<${side.token}>` } }),
    author: () => ({ method: 'PROPPATCH', ...base, body: propertyUpdate(`<D:author>${'y'.repeat(size)}</D:author>`) }),
    touch: () => ({
      method: 'PROPPATCH',
      ...base,
      body: propertyUpdate(`<D:getlastmodified>Fri, 0${size + 1} Jan 2021 00:00:00 GMT</D:getlastmodified>`),
    }),
  } satisfies Record<typeof one.do, () => TwinRequest>;
  return await side.twin.send(requests[one.do]());
}
