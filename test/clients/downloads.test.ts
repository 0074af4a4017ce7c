import { createReadStream } from 'node:fs';
import { appendFile, chmod, copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClientHome, makeClientHome } from '../support/client-home.ts';
import { mountDavfs } from '../support/davfs2.ts';
import { eventually } from '../support/eventually.ts';
import { sha256Of } from '../support/file-hash.ts';
import { describeWith, mustRun, run } from '../support/foreign-client.ts';
import { whyNoFuse } from '../support/fuse.ts';
import { type Gvfs, startGvfs } from '../support/gvfs.ts';
import { basicText, libreOfficeOnWebDav } from '../support/libreoffice.ts';
import { rcloneOnWebDav } from '../support/rclone.ts';
import { requestsTo, type SeenRequest } from '../support/requests.ts';
import { writeSampleFile } from '../support/sample-tree.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const POLICIES = ['redirect', 'auto', 'proxy'] as const;
type Policy = (typeof POLICIES)[number];

const NAME = 'Größe #1 – 100% & 2+3 (漢).bin';
const FILM = 'Film #1 – 100%.mp4';
const SIZE = 1_000_003;
/** VLC refuses to run as root, so it runs as Debian's `nobody` where we are. */
const VLC_USER = process.getuid?.() === 0 ? 65_534 : undefined;

const noFuse = await whyNoFuse();
const summary: string[] = [];
let folder: Awaited<ReturnType<typeof makeTempDir>>;
let file: string;
let film: string;
const servers = {} as Record<Policy, TestServer>;

beforeAll(async () => {
  folder = await makeTempDir();
  await chmod(folder.path, 0o755);
  file = join(folder.path, 'file');
  film = join(folder.path, 'film.mp4');
  await writeSampleFile(file, SIZE, 'downloads');
  for (const policy of POLICIES) {
    // Files are put straight into OneDrive, and asked for at once.
    const yaml = ['cache: { pollSeconds: 0 }'];
    const server = await startTestServer({ download: policy, emulator: { downloadBase: 'loopback' }, yaml });
    servers[policy] = server;
    await server.mailboxes.ada.put(`/${NAME}`, createReadStream(file));
  }
});
afterAll(async () => {
  for (const policy of POLICIES) {
    await servers[policy]?.stop();
  }
  await folder?.[Symbol.asyncDispose]();
  console.log(['client × policy: how the bytes came', ...summary].join('\n'));
});

/** By which way a client gets a file; under `redirect` what it says where it cannot follow. */
interface Expected {
  readonly redirect: 'redirect' | RegExp;
  readonly auto: 'redirect' | 'proxy';
}

/** What a client does: its result is a hash, to be compared with that of the original. */
interface Fetching {
  readonly name: string;
  fetch(server: TestServer): Promise<string>;
  hash(): Promise<string>;
}

/**
 * Under each policy: the bytes are right, the log and the content host prove the way, and no credentials went there.
 */
function itDownloads(client: string, expected: Expected, { name, fetch, hash }: Fetching): void {
  it.each(POLICIES)('%s', async policy => {
    const server = servers[policy];
    const from = requestsTo(server).length;
    server.emulator.resetCalls();
    const said = await fetch(server).catch((error: Error) => error.message);
    const ways = await waysOf(server, name, from);
    const failure = policy === 'redirect' && expected.redirect !== 'redirect' ? expected.redirect : undefined;
    const outcome = failure === undefined ? '' : `, and fails: ${failure.exec(said)?.[0]}`;
    summary.push(`${client} × ${policy}: ${ways.join(', ')}${outcome}`);
    expect(said).toEqual(failure === undefined ? await hash() : expect.stringMatching(failure));
    const way = { redirect: 'redirect', auto: expected.auto, proxy: 'proxy' }[policy];
    expect(new Set(ways.map(each => each.split(' ')[1]))).toEqual(new Set([way]));
    if (failure === undefined) {
      expect(readersAt(server.emulator)).toEqual(new Set([way === 'proxy' ? 'server' : 'client']));
    }
    expect(server.emulator.violations).toEqual([]);
  });
}

/** Who has read from the content host. */
function readersAt({ calls }: TestServer['emulator']): Set<string> {
  const downloads = calls.filter(({ operation }) => operation === 'download');
  return new Set(downloads.map(({ userAgent }) => (userAgent?.startsWith('NONISV|') ? 'server' : 'client')));
}

/** `302 redirect client`, say: what GET of `name` was answered with since the request number `from`. */
async function waysOf(server: TestServer, name: string, from: number): Promise<string[]> {
  const isRead = ({ method, path, download }: SeenRequest) =>
    method === 'GET' && path === `/ada/${name}` && download !== undefined;
  // A line comes when the connection has taken the last byte.
  const reads = await eventually(() => {
    const found = requestsTo(server).slice(from).filter(isRead);
    expect(found).not.toEqual([]);
    return found;
  });
  return [...new Set(reads.map(({ status, download, downloadReason }) => `${status} ${download} ${downloadReason}`))];
}

/** What a client has fetched into a file, as a hash. */
async function fetched(into: (to: string) => Promise<unknown>): Promise<string> {
  await using target = await makeTempDir();
  await chmod(target.path, 0o777);
  const to = join(target.path, 'fetched');
  await into(to);
  // Awaited here: else the folder goes first.
  return await sha256Of(to);
}

const bytes = (into: (server: TestServer, to: string) => Promise<unknown>): Fetching => ({
  name: NAME,
  fetch: server => fetched(to => into(server, to)),
  hash: () => sha256Of(file),
});

function urlOf({ url }: { url: string }, name: string, account?: { user: string; password: string }): string {
  const { user: username = '', password = '' } = account ?? {};
  return Object.assign(new URL(`/ada/${encodeURIComponent(name)}`, url), { username, password }).href;
}

describeWith('rclone', 'rclone', () => {
  itDownloads(
    'rclone',
    { redirect: 'redirect', auto: 'redirect' },
    bytes(async (server, to) => {
      const rclone = await rcloneOnWebDav(server.folder, server);
      await rclone('copyto', `dav:ada/${NAME}`, to);
    }),
  );
});

describeWith('curl', 'curl -L', () => {
  itDownloads(
    'curl',
    { redirect: 'redirect', auto: 'redirect' },
    bytes(async (server, to) => {
      await mustRun('curl', ['-sSfL', '-u', `${server.user}:${server.password}`, '-o', to, urlOf(server, NAME)]);
    }),
  );
});

describeWith(['gio', 'dbus-run-session', '/usr/libexec/gvfsd-dav'], 'GNOME gvfs', () => {
  let gvfs: Gvfs;

  beforeAll(async () => {
    gvfs = await startGvfs();
  });
  afterAll(async () => {
    await gvfs?.stop();
  });

  itDownloads(
    'gvfs',
    { redirect: 'redirect', auto: 'redirect' },
    bytes(async (server, to) => {
      const uri = urlOf(server, NAME).replace('http://', `dav://${server.user}@`);
      await gvfs.tryGio(`${server.password}\n`, 'mount', uri.slice(0, uri.lastIndexOf('/')));
      await gvfs.gio('copy', uri, to);
    }),
  );
});

describeWith('kioclient', 'KDE KIO', () => {
  let home: ClientHome;

  beforeAll(async () => {
    home = await makeClientHome();
  });
  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
  });

  itDownloads(
    'KIO',
    { redirect: 'redirect', auto: 'redirect' },
    bytes(async (server, to) => {
      const from = urlOf(server, NAME, server).replace('http:', 'webdav:');
      const env = { ...home.env, QT_QPA_PLATFORM: 'offscreen' };
      await mustRun('kioclient', ['--noninteractive', '--overwrite', 'copy', from, pathToFileURL(to).href], { env });
    }),
  );
});

describeWith('cvlc', 'VLC', () => {
  itDownloads(
    'VLC',
    { redirect: 'redirect', auto: 'redirect' },
    bytes(async (server, to) => {
      await using home = await makeTempDir();
      await chmod(home.path, 0o777);
      const dump = ['--demux', 'dump', '--demuxdump-file', to];
      const args = ['--intf', 'dummy', '--no-media-library', '--play-and-exit', ...dump];
      // Where it gets nothing it waits for ever.
      await mustRun('timeout', ['110', 'cvlc', ...args, urlOf(server, NAME, server), 'vlc://quit'], {
        env: { HOME: home.path, XDG_RUNTIME_DIR: home.path },
        cwd: home.path,
        uid: VLC_USER,
      });
    }),
  );
});

describeWith('ffmpeg', 'ffmpeg, for a film with its index at the end', () => {
  beforeAll(async () => {
    await mustRun('ffmpeg', [
      ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=10'],
      ...['-c:v', 'mpeg4', '-b:v', '1000k', film],
    ]);
    for (const policy of POLICIES) {
      await servers[policy].mailboxes.ada.put(`/${FILM}`, createReadStream(film));
    }
  });

  const packetsOf = async (source: string) => {
    const output = ['-map', '0', '-c', 'copy', '-f', 'hash', '-hash', 'sha256', '-'];
    return (await mustRun('ffmpeg', ['-v', 'error', '-i', source, ...output])).stdout;
  };

  itDownloads(
    'ffmpeg',
    { redirect: /moov atom not found/, auto: 'proxy' },
    {
      name: FILM,
      fetch: server => packetsOf(urlOf(server, FILM, server)),
      hash: () => packetsOf(film),
    },
  );
});

describeWith('mount.davfs', 'davfs2', () => {
  if (noFuse !== undefined) {
    // The kernel's choice, not a program to install: REQUIRE_CLIENTS asks for nothing here.
    it('needs FUSE', context => context.skip(noFuse));
    return;
  }
  itDownloads(
    'davfs2',
    { redirect: /EIO/, auto: 'proxy' },
    bytes(async (server, to) => {
      const mount = await mountDavfs(`${server.url}/ada`, server);
      try {
        await copyFile(join(mount.path, NAME), to);
      } finally {
        await mount.stop();
      }
    }),
  );

  it('told to follow, takes the tag of the content host for ours and cannot store', async () => {
    const server = servers.redirect;
    await server.mailboxes.ada.put('/note.txt', 'before');
    const mount = await mountDavfs(`${server.url}/ada`, server, ['follow_redirect 1']);
    const from = requestsTo(server).length;
    try {
      await appendFile(join(mount.path, 'note.txt'), ' and after');
    } finally {
      await mount.stop();
    }
    const puts = requestsTo(server)
      .slice(from)
      .filter(({ method }) => method === 'PUT');
    expect(puts).toMatchObject([{ path: '/ada/note.txt', status: 412 }]);
    expect((await server.mailboxes.ada.read('/note.txt')).toString()).toBe('before');
    summary.push('davfs2 with follow_redirect × redirect: reads, and gets 412 when it stores');
  });
});

describeWith('cadaver', 'cadaver', () => {
  itDownloads(
    'cadaver',
    { redirect: /redirect to http/, auto: 'proxy' },
    bytes(async (server, to) => {
      await using home = await makeTempDir();
      const { hostname } = new URL(server.url);
      const login = `machine ${hostname}\nlogin ${server.user}\npassword ${server.password}\n`;
      await writeFile(join(home.path, '.netrc'), login, { mode: 0o600 });
      const { stdout, stderr } = await run('cadaver', [`${server.url}/ada/`], {
        env: { HOME: home.path, LC_ALL: 'C.UTF-8' },
        cwd: home.path,
        input: `get "${NAME}" ${to}\nquit\n`,
      });
      if (!stdout.includes('succeeded')) {
        throw new Error(stdout + stderr);
      }
    }),
  );
});

describeWith('soffice', 'LibreOffice', () => {
  itDownloads(
    'LibreOffice',
    { redirect: 'redirect', auto: 'proxy' },
    bytes(async (server, to) => {
      await using home = await makeTempDir();
      const office = await libreOfficeOnWebDav(home.path, server);
      await office(`Files.copy(${basicText(urlOf(server, NAME))}, ${basicText(pathToFileURL(to).href)})`);
    }),
  );

  // The bytes are right; but where they came from is the document's URL from then on.
  it.each([
    ['redirect', [], ['PUT /ada/download.aspx 201'], 'unchanged'],
    ['auto', ['LOCK /ada/document.txt 200', 'UNLOCK /ada/document.txt 204'], ['PUT /ada/document.txt 204'], 'changed'],
  ] as const)('edits a document under %s', async (policy, locks, puts, outcome) => {
    const server = servers[policy];
    await using home = await makeTempDir();
    const office = await libreOfficeOnWebDav(home.path, server);
    await server.mailboxes.ada.put('/document.txt', 'x'.repeat(SIZE));
    const from = requestsTo(server).length;
    const said = await office(
      `document = Opened(${basicText(urlOf(server, 'document.txt'))})`,
      'document.Text.insertString(document.Text.End, " and changed", False)',
      'document.store()',
      'Say("stored")',
      'document.close(True)',
    );
    const requests = requestsTo(server).slice(from);
    const seen = (methods: RegExp) =>
      requests
        .filter(({ method }) => methods.test(method))
        .map(({ method, path, status }) => `${method} ${path} ${status}`);
    expect([said, seen(/LOCK/), seen(/PUT/)]).toEqual([['stored'], locks, puts]);
    const text = (await server.mailboxes.ada.read('/document.txt')).toString();
    expect(text.includes('and changed') ? 'changed' : 'unchanged').toBe(outcome);
    const where = puts.join().split(' ')[1];
    summary.push(
      `LibreOffice × ${policy}: ${locks.length === 0 ? 'locks nothing here and ' : ''}says "stored", stores to ${where}`,
    );
  });
});
