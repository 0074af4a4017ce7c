import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { portCheck } from '../../src/doctor/port.ts';
import { makeTempDir } from '../support/temp-dir.ts';

async function levelsOf({ reusePort, setting }: { reusePort: boolean; setting: string | undefined }) {
  await using folder = await makeTempDir();
  const migrateSetting = join(folder.path, 'tcp_migrate_req');
  if (setting !== undefined) {
    await writeFile(migrateSetting, setting);
  }
  const listen = { host: '127.0.0.1', port: 0, reusePort } as Parameters<typeof portCheck>[0]['listen'];
  const ownServer = async () => ({ state: 'free' }) as const;
  const findings = await portCheck({ listen, ownServer, migrateSetting }).run(new AbortController().signal);
  return findings.map(({ level }) => level);
}

it('warns of a shared port whose waiting connections the kernel resets, and only then', async () => {
  expect(await levelsOf({ reusePort: true, setting: '0\n' })).toEqual(['ok', 'warning']);
  expect(await levelsOf({ reusePort: true, setting: '1\n' })).toEqual(['ok']);
  expect(await levelsOf({ reusePort: true, setting: undefined })).toEqual(['ok']);
  expect(await levelsOf({ reusePort: false, setting: '0\n' })).toEqual(['ok']);
});
