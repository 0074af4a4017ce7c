import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith, mustRun } from '../support/foreign-client.ts';
import { whyNoFuse } from '../support/fuse.ts';
import { microsoftClient } from '../support/microsoft-client.ts';
import { type Rclone, rcloneWithTokens } from '../support/rclone.ts';
import { writeSampleFile, writeSampleTree } from '../support/sample-tree.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const SCOPE = 'access_as_user';
const HOUR_MS = 60 * 60_000;

describeWith(['rclone', 'curl'], 'rclone with access tokens of Entra, which a command gets', () => {
  let server: TestServer;
  let dav: Rclone;
  let command: string;
  let kept: string;
  let runsFile: string;
  let offset = 0;
  const clock = { ...systemClock, now: () => Date.now() + offset };
  const runs = async () => (await readFile(runsFile, 'utf8')).trim().split('\n').length;
  const listingsOf = (name: string) =>
    server.logged.map(line => JSON.parse(line)).filter(({ user, method }) => user === name && method === 'PROPFIND');

  beforeAll(async () => {
    let tool = '';
    server = await startTestServer({
      clock,
      emulator: { clock },
      yaml: [
        'people: [{ match: "ada@*", mounts: [own, grace], access: write }]',
        `auth: { bearer: { scope: ${SCOPE} } }`,
      ],
      seed: emulator => {
        emulator.mailbox('ada@contoso.com').setSecurity({ password: 'Engine1843' });
        const scopes = ['openid', 'offline_access'];
        tool = emulator.addApplication({ publicClient: true, consentedScopes: scopes }).clientId;
        emulator.setApplication({
          identifierUris: [`api://${emulator.clientId}`],
          api: {
            requestedAccessTokenVersion: 2,
            oauth2PermissionScopes: [SCOPE],
            preAuthorizedApplications: [{ appId: tool, scopes: [SCOPE] }],
          },
        });
      },
    });
    const { emulator, folder } = server;
    const scope = `api://${emulator.clientId}/${SCOPE}`;
    const microsoft = await microsoftClient(emulator);
    const url = `https://login.microsoftonline.com/${emulator.tenantId}/oauth2/v2.0/token`;
    const { json } = await microsoft.plain(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        ...{ grant_type: 'password', username: 'ada@contoso.com', password: 'Engine1843', client_id: tool },
        scope: `offline_access ${scope}`,
      }).toString(),
    });
    await microsoft.close();
    runsFile = join(folder, 'runs');
    command = join(folder, 'get-token');
    kept = join(folder, 'kept-token');
    const form = { grant_type: 'refresh_token', client_id: tool, refresh_token: json.refresh_token, scope };
    const data = Object.entries(form).map(([name, value]) => `--data-urlencode '${name}=${value}'`);
    await writeFile(
      command,
      [
        '#!/bin/sh',
        `echo run >> '${runsFile}'`,
        `[ -e '${kept}' ] && cat '${kept}' && rm '${kept}' && exit`,
        `curl -sSf --proxy '${emulator.proxy}' --cacert '${emulator.caFile}' ${data.join(' ')} '${url}' |`,
        `sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/'`,
        '',
      ].join('\n'),
    );
    await chmod(command, 0o700);
    await mustRun('sh', ['-c', `"${command}" | grep -q '^eyJ'`]);
    dav = await rcloneWithTokens(folder, { url: server.url, command });
  });
  afterAll(() => server?.stop());

  it('copies a tree to a drive of its person and back, and sees what a rule opens', async () => {
    const tree = join(server.folder, 'tree');
    await writeSampleTree(tree, { count: 30, largestBytes: 5 * 1024 ** 2 });
    await dav('copy', tree, 'dav:ada/by token');
    expect((await dav('check', '--download', tree, 'dav:ada/by token')).stderr).toMatch(/ 0 differences found/);
    expect((await dav('lsf', 'dav:')).stdout.trim().split('\n').sort()).toEqual(['ada/', 'grace/']);
    expect(listingsOf('ada@contoso.com').length).toBeGreaterThan(0);
  });

  it('goes on when its token has ended, with a new one of the command', async () => {
    await writeSampleFile(join(server.folder, 'one.bin'), 70_000, 'one');
    await dav('copyto', join(server.folder, 'one.bin'), 'dav:ada/one.bin');
    // What the command has printed before, it prints once more.
    await writeFile(kept, (await mustRun(command, [])).stdout);
    offset += HOUR_MS + 61_000;
    const before = await runs();
    expect((await dav('lsf', 'dav:ada/one.bin')).stdout).toBe('one.bin\n');
    expect(await runs()).toBe(before + 2);
    const refused = server.logged.filter(line => line.includes('"reason":"it has expired"'));
    expect(refused.length).toBeGreaterThan(0);
  });

  it('mounts the drive of its person', async context => {
    const obstacle = await whyNoFuse();
    if (obstacle !== undefined) {
      // FUSE is the kernel's choice, not a program to install: REQUIRE_CLIENTS asks for nothing here.
      context.skip(obstacle);
    }
    const folder = join(server.folder, 'mounted');
    await mkdir(folder);
    await using mount = dav.start('mount', 'dav:ada', folder, '--vfs-cache-mode', 'writes');
    await eventually(async () => expect(await readdir(folder), mount.printed).toContain('one.bin'));
    await writeFile(join(folder, 'note.txt'), 'written through a mount');
    await eventually(
      async () => expect((await dav.try('cat', 'dav:ada/note.txt')).stdout).toBe('written through a mount'),
      200,
    );
  });
});
