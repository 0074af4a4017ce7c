import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { findDeadLinks } from '../support/markdown-links.ts';
import { copyAsCloned, ROOT } from './clean-copy.ts';
import { expectEqual, expectMatch } from './expect.ts';

/**
 * Packs what a fresh clone would have, installs it into an empty folder, and uses its programs and its emulator as
 * others would. Needs the registry of npm.
 */

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

const scratch = await mkdtemp(join(tmpdir(), 'package-check-'));
const folder = join(scratch, 'empty');
try {
  const tarball = await pack(join(scratch, 'clone'));
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await run('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: folder });
  const installed = join(folder, 'node_modules/onedrive-webdav');
  expectEqual((await findDeadLinks(installed)).join('\n'), '');
  await checkCommands(installed);
  await checkDemo();
  await checkEmulator();
  await writeFile(join(folder, 'use.js'), IN_PROCESS);
  expectEqual((await run(process.execPath, ['use.js'], { cwd: folder })).stdout.trim(), '200 business');
  await writeFile(join(folder, 'use.ts'), TYPED);
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck'];
  const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')];
  await run(process.execPath, [compiler, ...flags, ...types, 'use.ts'], { cwd: folder });
  console.log('the package is whole: its commands, demo and emulator work, with its export, types and links');
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/** Builds by `prepack`, so a clone without `dist` will do. Returns the path of the tarball. */
async function pack(clone: string): Promise<string> {
  await copyAsCloned(clone);
  await symlink(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', scratch], {
    cwd: clone,
    maxBuffer: 16 * 1024 * 1024,
  });
  // npm 11 prints a list, npm 12 an object by name of package.
  const [{ filename }] = Object.values(JSON.parse(stdout) as object) as [{ filename: string }];
  return join(scratch, filename);
}

async function checkCommands(installed: string): Promise<void> {
  const { version } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as { version: string };
  expectEqual((await onedriveWebdav(['--version'])).trim(), version);
  const passwordHash = (await onedriveWebdav(['hash-password'], 'correct horse\n')).trim();
  const config = {
    tenant: { tenantId: 'contoso.com', clientId: '00000000-0000-0000-0000-000000000001', clientSecret: 'not a secret' },
    mounts: [{ mailbox: 'ada@contoso.com' }],
    users: [{ name: 'ada', passwordHash, mounts: '*' }],
  };
  await writeFile(join(folder, 'config.yaml'), JSON.stringify(config));
  expectMatch(await onedriveWebdav(['check-config', '--config', 'config.yaml']), /ada/);
}

async function onedriveWebdav(args: readonly string[], input = ''): Promise<string> {
  const ending = run(process.execPath, ['node_modules/.bin/onedrive-webdav', ...args], { cwd: folder });
  ending.child.stdin!.end(input);
  return (await ending).stdout;
}

async function checkDemo(): Promise<void> {
  const args = ['node_modules/.bin/onedrive-webdav', 'demo', '--json', '--port', '0'];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    const { url, user, password } = JSON.parse(line) as Record<'url' | 'user' | 'password', string>;
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const answer = await fetch(url, { method: 'PROPFIND', headers: { authorization, depth: '1' } });
    expectEqual(answer.status, 207);
    expectMatch(await answer.text(), /<D:href>\/[^<]+\/<\/D:href>/);
    child.kill('SIGTERM');
    child.stdout.resume();
    break;
  }
  expectEqual((await ended)[0], 0);
}

async function checkEmulator(): Promise<void> {
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
