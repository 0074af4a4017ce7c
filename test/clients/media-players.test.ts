import { createReadStream } from 'node:fs';
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { describeWith, mustRun } from '../support/foreign-client.ts';
import { requestsTo, type SeenRequest } from '../support/requests.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const FILM = 'Film #1 – Größe 100% & 2+3.mp4';
const LARGE = 'large.mkv';
const LARGE_SECONDS = 6.2;
const FRAMES_PER_SECOND = 25;
/** VLC refuses to run as root, so it runs as Debian's `nobody` where we are. */
const VLC_USER = process.getuid?.() === 0 ? 65_534 : undefined;

describeWith('ffmpeg', 'media players, which seek by asking for ranges', () => {
  let folder: Awaited<ReturnType<typeof makeTempDir>>;
  let film: string;
  let large: string;
  /** The hash of each picture of the film. */
  let pictures: string[];

  beforeAll(async () => {
    folder = await makeTempDir();
    film = join(folder.path, 'film.mp4');
    large = join(folder.path, LARGE);
    await makeFilm(film);
    await makeLargeFilm(large);
    pictures = await picturesOf(film);
  });
  afterAll(async () => {
    await folder?.[Symbol.asyncDispose]();
  });

  describe.each(['proxy', 'redirect'] as const)('with the policy %s', download => {
    let server: TestServer;

    beforeAll(async () => {
      server = await startTestServer({ download, emulator: { downloadBase: 'loopback' } });
      await server.mailboxes.ada.put(`/${FILM}`, createReadStream(film));
      await server.mailboxes.ada.put(`/${LARGE}`, createReadStream(large));
    });
    afterAll(async () => {
      await server?.stop();
    });

    function urlOf(name: string): string {
      const url = new URL(`${server.url}/ada/${encodeURIComponent(name)}`);
      return Object.assign(url, { username: server.user, password: server.password }).href;
    }

    /** The reads of `name` that were served since `from`, wherever the bytes came from. */
    function reads(name: string, from = 0): SeenRequest[] {
      return requestsTo(server)
        .slice(from)
        .filter(({ path, status }) => path === `/ada/${name}` && status !== 401);
    }

    // Behind a redirect ffmpeg 5.1 cannot seek: it forgets the password when it is redirected, asks us again, and does
    // not stand a challenge to a request with a range (libavformat/http.c: http_open_cnx, http_connect).
    if (download === 'proxy') {
      it('ffprobe finds the index at the end of a film', async () => {
        const probed = await mustRun('ffprobe', ['-v', 'error', '-of', 'json', '-show_format', urlOf(FILM)]);
        expect(JSON.parse(probed.stdout).format).toMatchObject({ duration: '60.000000', nb_streams: 2 });
        await eventually(() => expect(reads(FILM).length).toBeGreaterThanOrEqual(2));
        expect(reads(FILM).every(({ status, userAgent }) => status === 206 && userAgent.startsWith('Lavf/'))).toBe(
          true,
        );
      });

      it('ffmpeg shows the picture at the second to which it goes', async () => {
        const [picture] = await picturesOf(urlOf(FILM), { from: 45, count: 1 });
        expect(picture).toBe(pictures[45 * FRAMES_PER_SECOND]);
      });

      it('ffmpeg goes to the end of a film of 200 MB without reading what is before', async () => {
        const from = requestsTo(server).length;
        const [picture] = await picturesOf(urlOf(LARGE), { from: 5, count: 1 });
        expect(picture).toBe((await picturesOf(large, { from: 5, count: 1 }))[0]);
        const sent = reads(LARGE, from).reduce((sum, { bytesOut }) => sum + bytesOut, 0);
        expect(sent).toBeLessThan(50_000_000);
      });

      it('ffmpeg records into a file of a length that nobody knows, and is gone before it hears the answer', async () => {
        const record = (...to: string[]) =>
          mustRun('ffmpeg', ['-v', 'error', '-i', film, '-c', 'copy', '-f', 'mpegts', ...to]);
        const local = join(server.folder, 'recorded.ts');
        await record(local);
        await record('-auth_type', 'basic', '-method', 'PUT', urlOf('recorded.ts'));
        await eventually(() => expect(server.mailboxes.ada.stat('/recorded.ts')).toBeDefined());
        const stored = await server.mailboxes.ada.read('/recorded.ts');
        expect(stored.equals(await readFile(local))).toBe(true);
      });
    }

    it('ffmpeg reads a film of 200 MB whole', async () => {
      expect(await contentOf(urlOf(LARGE))).toBe(await contentOf(large));
    });

    describeWith('cvlc', 'VLC', () => {
      it('plays from the second to which it goes', async () => {
        await using output = await makeTempDir();
        await chmod(output.path, 0o777);
        const played = join(output.path, 'played.ts');
        await playWithVlc(urlOf(FILM), { from: 40, to: 42, output: played, home: output.path });
        const shown = await picturesOf(played);
        expect(shown.length).toBeGreaterThan(FRAMES_PER_SECOND);
        expect(shown).toEqual(pictures.slice(40 * FRAMES_PER_SECOND).slice(0, shown.length));
        const asked = reads(FILM).filter(({ userAgent }) => userAgent.startsWith('VLC/'));
        expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([download === 'proxy' ? 206 : 302]));
      });
    });

    it('left no violation behind, and no error in the log: to leave an answer unread is how players seek', () => {
      expect(server.emulator.violations).toEqual([]);
      expect(server.logged.map(line => JSON.parse(line)).filter(({ level }) => level >= 50)).toEqual([]);
    });
  });
});

/** A minute of pictures and sound with the index at the end, as cameras write it. */
async function makeFilm(file: string): Promise<void> {
  await mustRun('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=${FRAMES_PER_SECOND}:duration=60`],
    ...['-f', 'lavfi', '-i', 'sine=frequency=440:duration=60'],
    ...['-c:v', 'mpeg4', '-b:v', '1000k', '-g', String(FRAMES_PER_SECOND), '-c:a', 'aac', '-shortest', file],
  ]);
}

/** Pictures that are not compressed: many bytes in little time. */
async function makeLargeFilm(file: string): Promise<void> {
  const source = `testsrc2=size=1280x720:rate=${FRAMES_PER_SECOND}:duration=${LARGE_SECONDS}`;
  await mustRun('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    source,
    '-c:v',
    'rawvideo',
    '-pix_fmt',
    'yuv420p',
    file,
  ]);
}

/** The hash of each decoded picture. */
async function picturesOf(source: string, part: { from?: number; count?: number } = {}): Promise<string[]> {
  const { stdout } = await mustRun('ffmpeg', [
    ...['-v', 'error', '-ss', String(part.from ?? 0), '-i', source, '-map', '0:v'],
    ...(part.count === undefined ? [] : ['-frames:v', String(part.count)]),
    ...['-fps_mode', 'passthrough', '-f', 'framemd5', '-'],
  ]);
  const lines = stdout.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  return lines.map(line => line.split(',').at(-1)!.trim());
}

/** The hash of all packets of all streams. */
async function contentOf(source: string): Promise<string> {
  return (await mustRun('ffmpeg', ['-v', 'error', '-i', source, '-map', '0', '-c', 'copy', '-f', 'md5', '-'])).stdout;
}

/** Plays a part into a file instead of onto a screen, as fast as it can. */
async function playWithVlc(
  url: string,
  part: { from: number; to: number; output: string; home: string },
): Promise<void> {
  const { from, to, output, home } = part;
  await mustRun(
    'cvlc',
    [
      ...['--intf', 'dummy', '--no-media-library', '--play-and-exit'],
      ...[`--start-time=${from}`, `--stop-time=${to}`, '--sout', `#std{access=file,mux=ts,dst=${output}}`],
      ...[url, 'vlc://quit'],
    ],
    { env: { HOME: home, XDG_RUNTIME_DIR: home }, cwd: home, uid: VLC_USER },
  );
}
