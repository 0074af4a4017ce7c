import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, run } from '../support/foreign-client.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

describeWith('cadaver', 'cadaver', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
    const { hostname } = new URL(server.url);
    await writeFile(
      join(server.folder, '.netrc'),
      `machine ${hostname}\nlogin ${server.user}\npassword ${server.password}\n`,
      { mode: 0o600 },
    );
    await writeFile(join(server.folder, 'local file.txt'), 'from cadaver');
  });
  afterAll(async () => {
    await server?.stop();
  });

  async function cadaver(...commands: string[]): Promise<string> {
    const { stdout, stderr } = await run('cadaver', [`${server.url}/ada/`], {
      env: { HOME: server.folder },
      cwd: server.folder,
      input: `${commands.join('\n')}\nquit\n`,
    });
    return stdout + stderr;
  }

  it('makes, stores, lists, renames, copies, reads and deletes', async () => {
    const printed = await cadaver(
      'mkcol "new folder"',
      'put "local file.txt" "new folder/a #1.txt"',
      'move "new folder/a #1.txt" "new folder/b+2.txt"',
      'copy "new folder/b+2.txt" "new folder/c%3.txt"',
      'ls "new folder"',
      'cat "new folder/c%3.txt"',
      'rmcol "new folder"',
      'ls',
    );
    expect(printed).toMatch(/b\+2\.txt +12/);
    expect(printed).toMatch(/c%3\.txt +12/);
    expect(printed).toContain('from cadaver');
    expect(printed).not.toMatch(/failed/i);
    expect(server.mailboxes.ada.tree()).toEqual({});
    expect(server.emulator.violations).toEqual([]);
  });
});
