import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { GENERATED, pathOf } from '../../tools/generated.ts';
import { describeWith, run } from '../support/foreign-client.ts';

const MAN = pathOf('man/onedrive-webdav.1');

describe('npm run generate', () => {
  it.each(Object.entries(GENERATED))('was run after the last change: %s', async (name, make) => {
    expect(await readFile(pathOf(name), 'utf8')).toBe(await make());
  });
});

describeWith('mandoc', 'the manual page, read by mandoc', () => {
  it('is without a fault', async () => {
    const { stdout } = await run('mandoc', ['-Tlint', '-Wwarning', MAN]);
    // The page has no date: it would change with each build.
    expect(stdout.split('\n').filter(line => line !== '' && !line.includes('missing date'))).toEqual([]);
  });
});

describeWith('man', 'the manual page, shown by man', () => {
  it('is without a warning, and has each command with its options', async () => {
    const { code, stdout, stderr } = await run('man', ['--warnings', '--no-justification', '-l', MAN], {
      env: { MANWIDTH: '80' },
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^ {3}state backup file$/m);
    expect(stdout).toMatch(/^ {3}log-level level\n {7}Change how much a running server logs/m);
    expect(stdout).toMatch(/^ {7}--watch\n {14}print it again each second until Ctrl-C$/m);
    expect(stdout).toMatch(/^ {7}3 +No +server +runs/m);
  });
});
