import { spawn } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dataFolderCheck } from '../../src/doctor/data-folder.ts';
import type { StateProblem } from '../../src/state/state-look.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const { signal } = new AbortController();

async function tempDir(): Promise<string> {
  const folder = await makeTempDir();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  return folder.path;
}

function examine(
  dataDir: string,
  options: { problem?: StateProblem; error?: string } = {},
): ReturnType<ReturnType<typeof dataFolderCheck>['run']> {
  const { problem, error } = options;
  const probe = async () => {
    throw Object.assign(new Error('refused'), { code: error });
  };
  const lookAtState = () => ({ file: join(dataDir, 'state.sqlite'), problem });
  return dataFolderCheck({ dataDir, lookAtState, ...(error === undefined ? {} : { probe }) }).run(signal);
}

/** A process that has a file open until the test ends. */
async function holdOpen(file: string): Promise<number> {
  const script = `require('node:fs').openSync(${JSON.stringify(file)}, 'a'); console.log('open'); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());
  await new Promise(resolve => child.stdout.once('data', resolve));
  return child.pid!;
}

describe('the check of the data folder', () => {
  it('leaves a folder as it was, and does not make one', async () => {
    const folder = await tempDir();
    await expect(examine(folder)).resolves.toMatchObject([
      { level: 'ok', saw: expect.stringContaining('can be written') },
    ]);
    await expect(examine(join(folder, 'a', 'b'))).resolves.toMatchObject([{ level: 'ok' }]);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['EROFS', 'the file system is mounted read-only', 'mount a writable volume there'],
    ['EACCES', 'does not start without it', 'make the folder writable for the user that runs the server'],
    ['EPERM', 'does not start without it', 'make the folder writable for the user that runs the server'],
    ['ENOSPC', 'the disk is full', 'free some space'],
    ['ENOTDIR', 'a part of the path is a file', 'name a folder in dataDir'],
  ])('explains %s', async (error, means, cure) => {
    const [finding] = await examine('/data', { error });
    expect(finding).toMatchObject({
      level: 'failure',
      saw: expect.stringMatching(new RegExp(`dataDir /data cannot be written.*${error}`)),
      means: expect.stringContaining(means),
      cure: expect.stringContaining(cure),
    });
  });

  it('finds a file where the folder, or one above it, should be', async () => {
    const folder = await tempDir();
    await writeFile(join(folder, 'file'), '');
    for (const path of ['file', 'file/data', 'file/x/data']) {
      expect((await examine(join(folder, path)))[0]).toMatchObject({
        level: 'failure',
        means: expect.stringContaining('is a file'),
      });
    }
  });

  it.each([
    ['newer', 'run the newer release'],
    ['locked', 'wait for that program to end'],
    ['unreadable', 'run doctor as the user of the server'],
    ['broken', 'restore a backup of dataDir'],
  ] as const)('explains a state that is %s', async (problem, cure) => {
    const [finding] = await examine(await tempDir(), { problem });
    expect(finding).toMatchObject({ level: 'failure', cure: expect.stringContaining(cure) });
  });

  it.runIf(process.platform === 'linux')('tells one server, which is right, from two, which is not', async () => {
    const folder = await tempDir();
    await mkdir(folder, { recursive: true });
    const file = join(folder, 'state.sqlite');
    const first = await holdOpen(file);
    expect(await examine(folder)).toMatchObject([
      {
        level: 'ok',
        saw: expect.stringMatching(new RegExp(`process ${first} \\(node.*\\) is using it, as a running server does`)),
      },
    ]);
    const second = await holdOpen(file);
    expect(await examine(folder)).toMatchObject([
      {
        level: 'failure',
        saw: expect.stringMatching(new RegExp(`${first}.*${second}|${second}.*${first}`)),
        cure: expect.stringContaining('stop all but one of them'),
      },
    ]);
  });
});
