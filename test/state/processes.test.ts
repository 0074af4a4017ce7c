import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProcess, forgetProcess, noteProcess } from '../../src/state/processes.ts';
import { makeTempDir } from '../support/temp-dir.ts';

async function startOther(): Promise<ChildProcess & { pid: number }> {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  await once(child, 'spawn');
  return child as ChildProcess & { pid: number };
}

describe.skipIf(process.platform !== 'linux')('the processes of a data folder', () => {
  it('are found while they live, and never this process', async () => {
    await using folder = await makeTempDir();
    expect(findProcess(folder.path, 'owner')).toBeUndefined();
    noteProcess(folder.path, 'owner');
    expect(findProcess(folder.path, 'owner')).toBeUndefined();
    const other = await startOther();
    const stat = await readFile(`/proc/${other.pid}/stat`, 'latin1');
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    await writeFile(join(folder.path, 'owner.pid'), `${other.pid} ${start}\n`);
    expect(findProcess(folder.path, 'owner')).toBe(other.pid);
    // Its record is not ours to remove.
    forgetProcess(folder.path, 'owner');
    expect(findProcess(folder.path, 'owner')).toBe(other.pid);
    other.kill('SIGKILL');
    await once(other, 'exit');
    expect(findProcess(folder.path, 'owner')).toBeUndefined();
  });

  it('are not found when another process has got the pid: nobody may be told to stop by mistake', async () => {
    await using folder = await makeTempDir();
    const other = await startOther();
    await writeFile(join(folder.path, 'owner.pid'), `${other.pid} 1\n`);
    expect(findProcess(folder.path, 'owner')).toBeUndefined();
    await writeFile(join(folder.path, 'owner.pid'), `${other.pid}\n`);
    expect(findProcess(folder.path, 'owner')).toBeUndefined();
    other.kill('SIGKILL');
  });
});
