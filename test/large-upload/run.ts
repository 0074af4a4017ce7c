/**
 * `npm run browser:2gib [-- MEBIBYTES]` (2,048 unless they are given): Chromium uploads a sparse file with the app straight
 * to the emulated OneDrive, over a connection that is cut once and a page that is loaded anew once. Prints the times, the
 * hash, the bytes that this server has moved, and the memory of the page and of the server, which is a process of its own.
 * The exit code is 1 when the hash is another one, bytes were sent twice that need not be, or 1 MB or more has passed this
 * server. Needs Debian's Chromium and rclone, which computes the hash by itself.
 */
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEmulator } from '../../src/emulator/emulator.ts';
import type { Fault } from '../../src/emulator/faults.ts';
import { type AppPage, startAppBrowser } from '../support/app-browser.ts';
import buildBrowserApp from '../support/build-browser-app.ts';
import { mustRun } from '../support/foreign-client.ts';
import { PASSWORD, PASSWORD_HASH } from '../support/passwords.ts';
import { sampleBytes } from '../support/sample-tree.ts';
import { startServerProcess } from '../support/server-process.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { configLines } from '../support/test-server.ts';
import { peakMemory } from './peak-memory.ts';

const MIB = 1024 ** 2;
const MAX_OWN_BYTES = 1_000_000;
const PATIENCE_MS = 30 * 60_000;
/** A fragment that is lost is sent again, and so is what was under way at the reload. */
const MAX_SENT_TWICE = 2 * 62_586_880;
const size = Number(process.argv[2] ?? 2048) * MIB;

await buildBrowserApp();
await using undo = new AsyncDisposableStack();
const folder = undo.use(await makeTempDir());
const emulator = await createEmulator({ downloadBase: 'loopback' });
undo.defer(() => emulator.close());
const ada = emulator.addMailbox({ upn: 'ada@contoso.com' });
emulator.addMailbox({ upn: 'grace@contoso.com' });
ada.mkdir('/big');

const file = join(folder.path, 'large.bin');
await writeSparse(file);
const expected = (await mustRun('rclone', ['hashsum', 'quickxor', file])).stdout.split(' ')[0];
console.log(`a file of ${size} bytes, QuickXorHash ${expected} (rclone)`);

const config = join(folder.path, 'config.yaml');
const logins = [{ user: 'tester', passwordHash: PASSWORD_HASH }];
await writeFile(config, configLines(emulator, logins, { download: 'redirect' }).join('\n'));
const server = await startServerProcess(config);
undo.defer(async () => void (await server.end('SIGTERM')));
const url = server.url.replace('127.0.0.1', 'localhost');

const browser = undo.use(await startAppBrowser());
const app = await browser.open({ user: 'tester', password: PASSWORD });
app.context.setDefaultTimeout(PATIENCE_MS);
const sent: { start: number; end: number }[] = [];
app.page.on('request', request => {
  const range = /^bytes (\d+)-(\d+)\//.exec(request.headers()['content-range'] ?? '');
  if (request.method() === 'PUT' && range !== null) {
    sent.push({ start: Number(range[1]), end: Number(range[2]) + 1 });
  }
});
const memory = peakMemory({ server: server.pid, app });

await app.page.goto(`${url}/ada/big/`);
const isEmpty = app.page.getByRole('main').getByRole('button', { name: 'Upload files' });
await isEmpty.waitFor();
const before = server.logged.length;
const began = performance.now();
const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;

// One fragment is cut after the first third, and one is held in the second one, until the page is loaded anew.
const held = Promise.withResolvers<void>();
const isHolding = Promise.withResolvers<void>();
let cuts = 0;
let holds = 0;
emulator.setFault((operation): Fault | undefined => {
  const at = sent.at(-1)?.start ?? 0;
  if (operation !== 'upload-fragment') {
    return undefined;
  }
  if (cuts === 0 && at > size / 3) {
    cuts += 1;
    console.log(`${seconds()}: a connection is cut at byte ${at}`);
    return { wire: { done: 'no', resetInRequest: MIB } };
  }
  if (holds === 0 && at > (size * 2) / 3) {
    holds += 1;
    isHolding.resolve();
    return { delayUntil: held.promise };
  }
  return undefined;
});

await choose(app);
await isHolding.promise;
console.log(`${seconds()}: the page is loaded anew at byte ${sent.at(-1)?.start}`);
await app.page.reload();
held.resolve();
await app.page.getByText('1 upload was interrupted.').waitFor();
const beforeReload = sent.length;
await choose(app);
await app.page.getByText('1 file uploaded').waitFor();
console.log(`${seconds()}: stored`);
const peaks = await memory.stop();

const stored = ada.tree()['/big/large.bin'];
const requests = server.logged.slice(before).filter(({ msg }) => msg === 'request') as unknown as Moved[];
const own = requests.reduce((sum, { bytesIn, bytesOut }) => sum + bytesIn + bytesOut, 0);
const total = sent.reduce((sum, { start, end }) => sum + end - start, 0);
const byServer = emulator.calls.filter(
  ({ operation, userAgent }) => operation === 'upload-fragment' && !userAgent?.includes('Mozilla'),
);
console.log(`stored: ${stored?.size} bytes, QuickXorHash ${hexOf(stored?.quickXorHash ?? '')} (the emulator)`);
console.log(`the browser has sent ${total} bytes in ${sent.length} fragments; ${beforeReload} before the reload`);
console.log(`after it the first one began at byte ${sent[beforeReload]?.start}`);
console.log(`this server has moved ${own} bytes in ${requests.length} requests (access log)`);
console.log(`and sent ${byServer.length} fragments itself; memory at most: ${peaks}`);

const failures = [
  ...(stored?.size === size && hexOf(stored.quickXorHash ?? '') === expected ? [] : ['other bytes are stored']),
  ...(own < MAX_OWN_BYTES && byServer.length === 0 ? [] : ['the bytes have passed this server']),
  ...(total - size <= MAX_SENT_TWICE && sent[beforeReload]!.start > 0 ? [] : ['too many bytes were sent twice']),
  ...(cuts === 1 && holds === 1 ? [] : ['nothing was cut']),
  ...[...emulator.violations.map(violation => JSON.stringify(violation)), ...app.problems],
];
console.log(failures.length === 0 ? 'as it should be' : failures.join('\n'));
process.exitCode = failures.length === 0 ? 0 : 1;

interface Moved {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Every 16 MiB some bytes of their own, and holes between them, which cost no room. */
async function writeSparse(path: string): Promise<void> {
  await using handle = await open(path, 'w');
  await handle.truncate(size);
  for (let at = 0; at < size; at += 16 * MIB) {
    for (const bytes of sampleBytes(65_537, String(at))) {
      await handle.write(bytes, 0, Math.min(bytes.length, size - at), at);
    }
  }
}

async function choose({ page }: AppPage): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await isEmpty.click();
  await (await chooser).setFiles(file);
}

function hexOf(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}
