import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * Packs this package, installs it into an empty folder, and uses the emulator as others would. Needs the registry of
 * npm.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

const IN_PROCESS = `
import { createEmulator, seedSampleTenant } from 'onedrive-webdav/emulator';
const emulator = await createEmulator();
await seedSampleTenant(emulator);
const { url, tenantId, clientId, clientSecret } = emulator;
const plain = url.replace('https:', 'http:');
const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret,
  scope: 'https://graph.microsoft.com/.default' });
const token = await (await fetch(plain + '/' + tenantId + '/oauth2/v2.0/token', { method: 'POST', body })).json();
const headers = { authorization: 'Bearer ' + token.access_token };
const answer = await fetch(plain + '/v1.0/users/ada@contoso.com/drive', { headers });
console.log(answer.status, (await answer.json()).driveType);
await emulator.close();
`;

const TYPED = `
import { createEmulator, type Emulator } from 'onedrive-webdav/emulator';
export const emulator: Promise<Emulator> = createEmulator({ port: 0 });
// @ts-expect-error: the types are there, not any.
createEmulator({ port: 'x' });
`;

const folder = await mkdtemp(join(tmpdir(), 'package-check-'));
try {
  const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT });
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await run('npm', ['install', '--no-audit', '--no-fund', join(folder, filename)], { cwd: folder });
  await checkBin();
  await writeFile(join(folder, 'use.js'), IN_PROCESS);
  expectEqual((await run(process.execPath, ['use.js'], { cwd: folder })).stdout.trim(), '200 business');
  await writeFile(join(folder, 'use.ts'), TYPED);
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck'];
  const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')];
  await run(process.execPath, [compiler, ...flags, ...types, 'use.ts'], { cwd: folder });
  console.log('the package is whole: bin, export and types of the emulator work');
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function checkBin(): Promise<void> {
  const child = spawn(process.execPath, ['node_modules/.bin/onedrive-emulator', '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    expectEqual((JSON.parse(line) as { emulator: { pid: number } }).emulator.pid, child.pid);
    child.kill('SIGTERM');
  }
  expectEqual((await ended)[0], 0);
}

function expectEqual(actual: unknown, expected: unknown): void {
  if (actual !== expected) {
    throw new Error(`expected ${JSON.stringify(expected)}, not ${JSON.stringify(actual)}`);
  }
}
