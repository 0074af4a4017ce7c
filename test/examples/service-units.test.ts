import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { describeWith } from '../support/foreign-client.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));
const SERVICE = 'onedrive-webdav.service';
const run = promisify(execFile);

describeWith('systemd-analyze', 'examples/systemd', () => {
  it('is understood by systemd in every line', async () => {
    await using folder = await makeTempDir();
    await cp(join(EXAMPLES, 'systemd'), folder.path, { recursive: true });
    const unit = join(folder.path, SERVICE);
    // What it starts is not installed here.
    const text = (await readFile(unit, 'utf8')).replace('/usr/bin/node', process.execPath);
    await writeFile(unit, text);
    const { stderr } = await run('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', unit]);
    expect(stderr.split('\n').filter(line => line.includes(folder.path))).toEqual([]);
  });

  it('exposes at most 1.5 of 10, as systemd counts', async () => {
    const unit = join(EXAMPLES, 'systemd', SERVICE);
    await run('systemd-analyze', ['security', '--offline=true', '--threshold=15', unit]);
  });
});

describe('the other services', () => {
  it.each(['launchd/com.example.onedrive-webdav.plist', 'windows/onedrive-webdav.xml'])('%s is XML', async file => {
    const parser = new SaxesParser();
    const names: string[] = [];
    parser.on('opentag', ({ name }) => void names.push(name));
    parser.write(await readFile(join(EXAMPLES, file), 'utf8')).close();
    expect(names[0]).toBe(file.startsWith('launchd') ? 'plist' : 'service');
  });
});
