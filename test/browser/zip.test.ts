import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Drive } from '../../src/drive/drive.ts';
import { DriveError } from '../../src/drive/errors.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { toDrivePath } from '../../src/drive/path.ts';
import { act, codeOf } from '../support/browser-client.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { basic } from '../support/raw-http.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const run = promisify(execFile);
const BIDI = 'photo\u202egnp.txt';
const SCRIPT = '<svg onload=alert(1)>.txt';
const LONG = Buffer.alloc(300_000, 'words that repeat ');
/** Reads a zip as Python does: checks all sums, and prints names, sizes, methods and times. */
const PYTHON = `
import json, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
if len(sys.argv) > 2:
    print(len(z.infolist()))
else:
    print(json.dumps({i.filename: [i.file_size, i.compress_type, z.read(i)[:20].decode()] for i in z.infolist()}))
`;

/** The time of a.txt in Info-ZIP's extra field, in seconds since 1970. */
const TIME = `
import struct, sys, zipfile
member = zipfile.ZipFile(sys.argv[1]).getinfo("a.txt")
assert member.extra[:2] == b"UT"
print(struct.unpack("<i", member.extra[5:9])[0])
`;

let front: FrontDoorTest;
let dav: Dav;
let other: Dav;
let faults: Partial<Drive> = {};
let memory: Drive;
let folder: Awaited<ReturnType<typeof makeTempDir>>;
const clock = fakeClock();

beforeAll(async () => {
  memory = createMemoryDrive();
  const drive = new Proxy(memory, {
    get: (_, name) => Reflect.get(withFaults(memory, faults), name),
  });
  folder = await makeTempDir();
  front = await startFrontDoor({
    drive,
    clock,
    users: [
      { name: 'user', mounts: '*', access: 'read' },
      { name: 'other', mounts: '*', access: 'read' },
      { name: 'writer', mounts: '*', access: 'write' },
    ],
  });
  [dav, other] = [davClient(front), davClient({ ...front, user: 'other' })];
  const writer = davClient({ ...front, user: 'writer' });
  for (const path of ['/m/f/', '/m/f/deep/', '/m/f/deep/empty/', '/m/empty/']) {
    await writer('MKCOL', path);
  }
  for (const [path, body] of [
    ['a.txt', 'first'],
    ['b.bin', LONG],
    ['..b', 'dots'],
    ['deep/é ü.txt', 'accents'],
    [`deep/${BIDI}`, 'bidi'],
    [`deep/${SCRIPT}`, 'script'],
    ['deep/none', ''],
    ['deep/._junk', 'kept'],
  ] as const) {
    await writer('PUT', encodeURI(`/m/f/${path}`), {}, body);
  }
});
afterAll(async () => {
  await front.stop();
  await folder[Symbol.asyncDispose]();
});
beforeEach(() => {
  faults = {};
});

/** Lets the folder have only these files, as a drive may have been filled by others. */
function showFiles(names: readonly string[], modified = new Date('2026-01-02T03:04:05Z')): void {
  const shown = { kind: 'file', id: 'f', etag: 'e', size: 3, created: modified, modified } as const;
  faults = {
    list: async () => names.map(name => ({ ...shown, name })),
    read: async () => ({ entry: { ...shown, name: 'f' }, length: 3, body: Readable.from([Buffer.from('abc')]) }),
  };
}

/** Asks for a zip, and keeps it in a file. Throws when it breaks. */
async function fetchZip(query = '', at = '/m/f/'): Promise<{ readonly file: string; readonly headers: Headers }> {
  const response = await fetch(`${front.url}${at}?view=zip${query}`, {
    headers: basic(front.user, front.password),
  });
  expect(response.status).toBe(200);
  const file = join(folder.path, 'some.zip');
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  return { file, headers: response.headers };
}

async function contentOf(file: string): Promise<Record<string, [number, number, string]>> {
  return JSON.parse((await run('python3', ['-c', PYTHON, file])).stdout);
}

const fetchContent = async (query?: string, at?: string) => contentOf((await fetchZip(query, at)).file);

describe('the view zip', () => {
  it('has everything in a folder, as others unpack it', async () => {
    const { file, headers } = await fetchZip();
    expect(headers.get('Content-Type')).toBe('application/zip');
    expect(headers.get('Content-Disposition')).toBe("attachment; filename*=UTF-8''f.zip");
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    const content = await contentOf(file);
    expect(Object.fromEntries(Object.entries(content).map(([name, [size, , text]]) => [name, [size, text]]))).toEqual({
      'a.txt': [5, 'first'],
      'b.bin': [300_000, 'words that repeat wo'],
      '..b': [4, 'dots'],
      'deep/': [0, ''],
      'deep/empty/': [0, ''],
      'deep/é ü.txt': [7, 'accents'],
      [`deep/${BIDI}`]: [4, 'bidi'],
      [`deep/${SCRIPT}`]: [6, 'script'],
      'deep/none': [0, ''],
    });
  });

  it('keeps the times', async () => {
    const { file } = await fetchZip();
    const entry = await memory.stat(toDrivePath(['f', 'a.txt']), live());
    const { stdout } = await run('python3', ['-c', TIME, file]);
    expect(Number(stdout)).toBe(entry.modified.getTime() / 1000);
  });

  it.each([
    ['a drive', 'C:x.txt', 'C：x.txt'],
    ['a stream of a file', 'ab:x', 'ab：x'],
    ['folders', 'a\\b', 'a＼b'],
    ['the end of a text', 'a\0b', 'a␀b'],
    ['new lines', 'a\r\nb', 'a␍␊b'],
    ['no character', 'a\ud800b', 'a\ufffdb'],
  ])('has a name that is %s elsewhere as a name, beside one that is like it', async (_, name, packed) => {
    const like = name.toWellFormed().replaceAll(/[^a-z.]/gi, '_');
    showFiles([name, like]);
    expect(Object.keys(await fetchContent())).toEqual([packed, like]);
  });

  it.each(['1601-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '2107-12-31T00:00:00Z', '9999-12-31T00:00:00Z'])(
    'has a file of a time that the format does not have: %s',
    async time => {
      showFiles(['a.txt'], new Date(time));
      expect(Object.keys(await fetchContent())).toEqual(['a.txt']);
    },
  );

  it('compresses texts, and stores the rest', async () => {
    const typed = (name: string) => (name === 'b.bin' ? 'text/plain' : 'image/jpeg');
    faults = {
      read: async (path, options) => {
        const result = await memory.read(path, options);
        return { ...result, entry: { ...result.entry, contentType: typed(result.entry.name) } };
      },
    };
    const { 'a.txt': stored, 'b.bin': deflated } = await fetchContent('&name=a.txt&name=b.bin');
    expect([stored?.[1], deflated?.[1]]).toEqual([0, 8]);
  });

  it('has only the members that are named', async () => {
    expect(Object.keys(await fetchContent('&name=a.txt&name=deep')).slice(0, 2)).toEqual(['a.txt', 'deep/']);
    const { headers } = await fetchZip('&name=a.txt');
    expect(headers.get('Content-Disposition')).toBe("attachment; filename*=UTF-8''a.txt.zip");
  });

  it('of nothing is empty, and no error', async () => {
    expect(await fetchContent('', '/m/empty/')).toEqual({});
  });

  it('is answered to HEAD without reading anything', async () => {
    faults = { read: async () => Promise.reject(new Error('read')) };
    const { status, headers, text } = await dav('HEAD', '/m/f/?view=zip');
    expect([status, headers.get('Content-Type'), text]).toEqual([200, 'application/zip', '']);
  });

  it.each([
    ['a member that is not there', '/m/f/?view=zip&name=none', 404, 'not-found'],
    ['a way out of the folder', '/m/f/?view=zip&name=..', 404, 'not-found'],
    ['a path in place of a name', '/m/f/?view=zip&name=deep%2Fnone', 404, 'not-found'],
    ['a file', '/m/f/a.txt?view=zip', 405, 'is-file'],
    ['no folder', '/m/none/?view=zip', 404, 'not-found'],
    ['a ticket that is none', '/m/f/?view=zip&ticket=x', 404, 'not-found'],
  ])('refuses %s', async (_, path, status, code) => {
    const answer = await dav('GET', path);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });

  it('says what fails before the first byte', async () => {
    faults = { read: async () => Promise.reject(new DriveError('throttled', 'busy', { retryAfterSeconds: 7 })) };
    const answer = await dav('GET', '/m/f/?view=zip&name=a.txt');
    expect([answer.status, answer.headers.get('Retry-After'), codeOf(answer)]).toEqual([503, '7', 'throttled']);
  });

  it.each([
    ['a file that fails half-way', 'body'],
    ['a file that is gone', 'read'],
    ['a folder that is gone', 'list'],
  ])('breaks on %s', async (_, what) => {
    const gone = () => Promise.reject(new DriveError('not-found', 'it was there'));
    let reads = 0;
    faults = {
      read: async (path, options) => {
        reads += 1;
        if (what === 'read' && reads > 1) {
          return gone();
        }
        const result = await memory.read(path, options);
        return what === 'body' && path.at(-1) === 'b.bin' ? { ...result, body: half(result.body) } : result;
      },
      list: (path, options) => (what === 'list' && path.at(-1) === 'deep' ? gone() : memory.list(path, options)),
    };
    await expect(fetchZip()).rejects.toThrow();
  });

  it('stops reading when the client goes', async () => {
    let ended = 0;
    faults = {
      read: async (path, options) => {
        const result = { entry: await memory.stat(path, options), length: 10 ** 12 };
        return {
          ...result,
          body: endless(() => {
            ended += 1;
          }),
        };
      },
    };
    const client = new AbortController();
    const response = await fetch(`${front.url}/m/f/?view=zip`, {
      headers: basic(front.user, front.password),
      signal: client.signal,
    });
    await response.body!.getReader().read();
    client.abort();
    await eventually(() => expect(ended).toBe(1));
  });
});

describe('the action zip', () => {
  const ask = (names: unknown, by = dav) => act(by, '/m/f/?action=zip', { input: { names } });

  it('gives an address for a minute, to its user and folder', async () => {
    const { status, text } = await ask(['a.txt', 'b.bin']);
    expect(status).toBe(200);
    const { href } = JSON.parse(text);
    expect(href).toMatch(/^\/m\/f\/\?view=zip&ticket=[\w-]{22}$/);
    const query = href.slice(href.indexOf('&'));
    expect(Object.keys(await fetchContent(query))).toEqual(['a.txt', 'b.bin']);
    expect((await other('GET', href)).status).toBe(404);
    expect((await dav('GET', `/m/f/deep/?view=zip${query}`)).status).toBe(404);
    clock.advance(60_000);
    expect((await dav('GET', href)).status).toBe(404);
  });

  it.each([
    ['no names', undefined, 400],
    ['an empty list', [], 400],
    ['what is no name', [1], 400],
    ['a member that is not there', ['none'], 404],
  ])('refuses %s', async (_, names, status) => {
    expect((await ask(names)).status).toBe(status);
  });
});

/** It takes half a minute: the package looks for the next entry from the first one on. */
const isLong = process.env.LONG_TESTS === '1';

it.skipIf(!isLong)(
  'a zip of 70,000 entries has zip64 (LONG_TESTS=1)',
  async () => {
    const at = new Date('2026-01-02T03:04:05Z');
    const root = { kind: 'folder', id: '', etag: '', size: 0, created: at, modified: at } as const;
    const many = Array.from({ length: 70_000 }, (_, index) => ({ ...root, name: `${index}` }));
    faults = { list: async path => (path.at(-1) === 'f' ? many : []) };
    const { file } = await fetchZip();
    expect(Number((await run('python3', ['-c', PYTHON, file, 'count'])).stdout)).toBe(70_000);
    expect((await run('unzip', ['-Z', '-h', file])).stdout).toContain('number of entries: 70000');
  },
  60_000,
);

const live = () => ({ signal: new AbortController().signal });

async function* half(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    yield chunk.subarray(0, 1_000);
    throw new DriveError('upstream', 'it breaks');
  }
}

async function* endless(onEnd: () => void): AsyncGenerator<Uint8Array> {
  try {
    while (true) {
      yield Buffer.alloc(65_536);
    }
  } finally {
    onEnd();
  }
}
