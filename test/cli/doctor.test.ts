import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createApp } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLog } from '../../src/lib/log.ts';
import { daysFromNow, makeCertificate } from '../support/certificates.ts';
import { makeDoctorTenant } from '../support/doctor.ts';
import { describeWith } from '../support/foreign-client.ts';
import { startAtTerminal, startCommand } from '../support/setup-process.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const HELPFUL_ROLES = ['Files.ReadWrite.All', 'User.Read.All', 'Application.Read.All'];
const DAY_MS = 24 * 60 * 60 * 1000;

async function tenantWithAda(options?: Parameters<typeof makeDoctorTenant>[0]) {
  const tenant = await makeDoctorTenant(options);
  return { ...tenant, ada: tenant.emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada Lovelace' }) };
}

/** Starts the server of a configuration; it ends with the test. */
async function serve(file: string): Promise<string> {
  const app = await createApp(await loadConfig(file, {}), { log: createLog({ level: 'fatal' }) });
  onTestFinished(() => app.stop());
  return (await app.start()).url;
}

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** `✓ data folder` of each finding. */
const labels = (blocks: readonly string[]) => blocks.map(block => block.split(':', 1)[0]);

describe('doctor', () => {
  it('says of a tenant in which all is well what it has looked at, in order, and makes nothing', async () => {
    const { doctor, emulator, folder, ada } = await tenantWithAda();
    emulator.setApplication({ roles: HELPFUL_ROLES });
    await ada.put('/Documents/file', 'text');
    const mounts = [{ mailbox: 'ada@contoso.com', root: '/Documents' }];
    const { code, stdout, stderr, blocks } = await doctor({ mounts });
    expect([code, stderr]).toEqual([0, '']);
    expect(labels(blocks)).toEqual([
      '✓ configuration',
      '✓ data folder',
      '✓ passwords',
      '✓ plain http',
      '✓ port',
      '– running server',
      '– tls certificate',
      '– public url',
      '✓ hosts',
      '✓ clock',
      '✓ credential',
      '✓ permissions',
      '✓ credential expiry',
      '✓ drive /ada',
      '✓ quota /ada',
      '✓ root folder /ada',
      '✓ read /ada',
      '✓ content hosts',
      '✓ throttling',
    ]);
    expect(stdout).toContain(
      '✓ drive /ada: the OneDrive of "ada@contoso.com" is there; its owner is Ada Lovelace <ada@contoso.com>\n',
    );
    expect(stdout).toContain('✓ read /ada: the root can be listed: 1 entry\n');
    expect(stdout).toMatch(/this server may read and change every file in every OneDrive .* Sites\.Selected/);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('19 checks: no failures');
    expect(await readdir(folder)).toEqual(['config.yaml']);
    expect(emulator.calls.every(({ method, operation }) => method === 'GET' || operation === 'token')).toBe(true);
  });

  it('--json is one object, whose names and levels scripts can rely on', async () => {
    const { doctor, emulator } = await tenantWithAda();
    emulator.addMailbox({ upn: 'grace@contoso.com', drive: 'locked' });
    const { code, stdout, stderr } = await doctor({ mounts: [{ mailbox: 'grace@contoso.com' }] }, '--json');
    const { ok, checks } = JSON.parse(stdout);
    expect([code, stderr, ok]).toEqual([1, '', false]);
    const of = (name: string) => checks.find((check: { name: string }) => check.name === name);
    expect(of('data-folder')).toMatchObject({ tenant: null, mount: null, level: 'ok', skippedBecause: null });
    expect(of('drive')).toEqual({
      name: 'drive',
      tenant: null,
      mount: 'grace',
      level: 'failure',
      skippedBecause: null,
      findings: [
        {
          level: 'failure',
          saw: expect.stringContaining('The site is locked'),
          means: 'its site is locked or archived',
          cure: 'an administrator must unlock it',
          link: expect.stringMatching(/^https:\/\/learn\.microsoft\.com\//),
        },
      ],
    });
    expect(of('quota')).toMatchObject({ level: 'skipped', skippedBecause: 'drive /grace' });
  });

  it('a configuration that cannot be read ends with 78 and every problem with its line, also as JSON', async () => {
    const { folder, doctor, tenantKeys } = await tenantWithAda();
    const file = join(folder, 'wrong.yaml');
    await writeFile(file, 'mount: []\nlisten: { port: x }\n');
    const { done } = startCommand(['doctor', '--config', file]);
    const { code, stdout, stderr } = await done;
    expect([code, stderr]).toEqual([78, '']);
    expect(stdout).toContain(`✗ configuration: ${file}:1: mount: unknown key; did you mean "mounts"?`);
    expect(stdout).toContain(`✗ configuration: ${file}:2: listen.port: `);
    const asJson = await doctor({ tenant: tenantKeys({ clientSecret: null }) }, '--json');
    expect([asJson.code, JSON.parse(asJson.stdout)]).toMatchObject([
      78,
      { ok: false, checks: [{ name: 'configuration' }] },
    ]);
  });

  it('without a configuration it says how to come by one', async () => {
    await using folder = await makeTempDir();
    const { code, stdout } = await startCommand(['doctor', '--config', join(folder.path, 'none.yaml')]).done;
    expect([code, stdout]).toEqual([
      78,
      expect.stringMatching(/none\.yaml: cannot read the file.*"onedrive-webdav setup"/s),
    ]);
  });

  it('warnings alone end with 0, wrong usage with 2', async () => {
    const { doctor, emulator } = await tenantWithAda();
    emulator.setApplication({ roles: ['Files.ReadWrite.All', 'Sites.FullControl.All', 'Mail.Read'] });
    const { code, blocks } = await doctor();
    const excess = blocks.find(block => block.startsWith('!'))!;
    expect([code, excess]).toEqual([
      0,
      expect.stringContaining('more than is needed: Sites.FullControl.All, Mail.Read'),
    ]);
    expect(excess).toContain('to do: remove them and their consent from the application in Entra');
    const wrong = await doctor({}, '--mount', 'grace');
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('there is no mount "grace"; there are: ada'),
    ]);
    expect((await doctor({}, '--nonsense')).code).toBe(2);
  });

  it('--mount looks at one mount and its tenant only', async () => {
    const { doctor, emulator } = await tenantWithAda();
    emulator.addMailbox({ upn: 'grace@contoso.com', drive: 'locked' });
    const mounts = [{ mailbox: 'grace@contoso.com' }, { mailbox: 'ada@contoso.com', name: 'Ada' }];
    const { code, stdout } = await doctor({ mounts }, '--mount', 'ada');
    expect([code, stdout.includes('grace')]).toEqual([0, false]);
    expect(stdout).toMatch(/^✓ read \/Ada: /m);
  });

  describe('--write', () => {
    it('writes, reads back and deletes; of a mount that is read-only it says so', async () => {
      const { doctor, emulator, ada } = await tenantWithAda();
      ada.mkdir('/Work');
      emulator.addMailbox({ upn: 'grace@contoso.com' });
      const mounts = [
        { mailbox: 'ada@contoso.com', root: '/Work' },
        { mailbox: 'grace@contoso.com', readOnly: true },
      ];
      const { code, stdout } = await doctor({ mounts }, '--write');
      expect(code).toBe(0);
      expect(stdout).toContain(
        '✓ write /ada: a file was written, read back from contoso-my.sharepoint.com and deleted',
      );
      expect(stdout).toContain('– write /grace: the mount is read-only');
      expect(Object.keys(ada.tree())).toEqual(['/Work/']);
      const parts = ['driveItem-post-children', 'driveItem-put-content', 'download', 'driveItem-delete'];
      expect(emulator.calls.map(({ operation }) => operation).filter(each => parts.includes(each))).toEqual(parts);
    });

    it('leaves nothing behind when the write fails', async () => {
      const { doctor, emulator, ada } = await tenantWithAda();
      emulator.setFault(operation =>
        operation === 'driveItem-put-content' ? { status: 403, code: 'accessDenied' } : undefined,
      );
      const { code, failures } = await doctor({}, '--write');
      expect([code, failures.length]).toEqual([1, 1]);
      expect(failures[0]).toMatch(
        /^✗ write \/ada: Graph answered 403 accessdenied.*\n {4}means: the application is not allowed to do this/,
      );
      expect(ada.tree()).toEqual({});
    });

    it('names the items that it could not delete', async () => {
      const { doctor, emulator, ada } = await tenantWithAda();
      emulator.setFault(operation =>
        operation === 'driveItem-delete' ? { status: 403, code: 'accessDenied' } : undefined,
      );
      const { code, failures } = await doctor({}, '--write');
      const [left] = Object.keys(ada.tree());
      expect([code, failures.length]).toEqual([1, 1]);
      expect(failures[0]).toContain(`✗ write /ada: the folder ${left!.replace(/\/$/, '')} could not be deleted`);
      expect(failures[0]).toContain('to do: delete it by hand');
    });

    it('given up by Ctrl+C it removes what it has made', async () => {
      const { configure, emulator, ada } = await tenantWithAda();
      const { promise: never, resolve: release } = Promise.withResolvers<void>();
      const { promise: writing, resolve: begin } = Promise.withResolvers<void>();
      emulator.setFault(operation => {
        if (operation !== 'driveItem-put-content') {
          return undefined;
        }
        begin();
        return { delayUntil: never };
      });
      const { child, done } = startCommand(['doctor', '--config', await configure(), '--write']);
      await writing;
      expect(Object.keys(ada.tree())).toHaveLength(1);
      child.kill('SIGINT');
      expect(await done).toMatchObject({ code: 1, stderr: 'given up\n' });
      expect(ada.tree()).toEqual({});
      release();
    });

    describe('in the mailboxes of rules', () => {
      const rule = { mailboxes: { match: '*@contoso.com' } };
      const byRule = ({ blocks }: { blocks: readonly string[] }) =>
        blocks.filter(each => / write by rule: /.test(each));

      it('takes a few, by name, and says how to take all', async () => {
        const { doctor, emulator, ada } = await tenantWithAda();
        const others = ['eve', 'bob', 'dan', 'cleo', 'zoe'].map(name =>
          emulator.addMailbox({ upn: `${name}@contoso.com` }),
        );
        const some = await doctor({ mounts: [rule] }, '--write');
        expect([some.code, byRule(some)]).toEqual([
          0,
          [
            '✓ write by rule: mailboxes *@contoso.com: a file was written, read back and deleted in ada@contoso.com, bob@contoso.com, cleo@contoso.com; tested: 3 of 6 mailboxes; --write-all tests every one',
          ],
        ]);
        const written = () => emulator.calls.filter(({ operation }) => operation === 'driveItem-put-content').length;
        expect([written(), [ada, ...others].map(each => each.tree())]).toEqual([3, Array(6).fill({})]);
        emulator.resetCalls();
        const all = await doctor({ mounts: [rule] }, '--write-all');
        expect([all.code, written(), byRule(all)[0]]).toEqual([
          0,
          6,
          expect.stringMatching(/, eve@contoso\.com and 1 more; tested: 6 of 6 mailboxes$/),
        ]);
      });

      it('says in which it has failed, by address, and which have no drive', async () => {
        const { doctor, emulator } = await tenantWithAda();
        emulator.addMailbox({ upn: 'bob@contoso.com', drive: 'no-mysite' });
        const { driveId } = emulator.addMailbox({ upn: 'cleo@contoso.com' });
        emulator.setFault((operation, call) =>
          operation === 'driveItem-put-content' && call.path.includes(driveId)
            ? { status: 403, code: 'accessDenied' }
            : undefined,
        );
        const found = await doctor({ mounts: [rule] }, '--write');
        expect([found.code, byRule(found)]).toEqual([
          1,
          [
            expect.stringMatching(/^✓ .* deleted in ada@contoso\.com; tested: 2 of 3 mailboxes; --write-all /),
            expect.stringMatching(/^! write by rule: bob@contoso\.com: not tested, since the user has no OneDrive yet/),
            expect.stringMatching(/^✗ write by rule: cleo@contoso\.com: Graph answered 403 accessdenied/),
          ],
        ]);
      });

      it('says of a rule that is read-only, that it has done nothing, and of a folder that is missing', async () => {
        const { doctor, emulator } = await tenantWithAda();
        const [closed] = byRule(await doctor({ mounts: [{ ...rule, readOnly: true }] }, '--write'));
        expect(closed).toBe('– write by rule: mailboxes *@contoso.com: the mounts are read-only');
        const [none, ...problems] = byRule(await doctor({ mounts: [{ ...rule, root: '/Work' }] }, '--write'));
        expect(none).toMatch(/^– .*: nothing was written, read and deleted with success; tested: 1 of 1 mailboxes$/);
        expect(problems).toEqual([
          expect.stringMatching(/^✗ .*ada@contoso\.com: there is no folder \/Work in the drive/),
        ]);
        expect(emulator.calls.every(({ method, operation }) => method === 'GET' || operation === 'token')).toBe(true);
      });

      it('stops when Microsoft throttles, and says so', async () => {
        const { doctor, emulator } = await tenantWithAda();
        emulator.addMailbox({ upn: 'bob@contoso.com' });
        let asked = 0;
        emulator.setFault(operation =>
          operation === 'drive-get' && ++asked > 3 ? { status: 429, retryAfter: '90' } : undefined,
        );
        const found = await doctor({ mounts: [rule] }, '--write-all');
        expect(byRule(found)[0]).toMatch(/^! .* deleted in ada@contoso\.com; tested: 1 of 2 mailboxes\n.*throttles/);
        expect(asked).toBe(4);
      });
    });
  });

  it('finds a running server of its own, and by its public URL', async () => {
    const { doctor, configure } = await tenantWithAda();
    const port = await freePort();
    const change = { listen: { port }, publicUrls: [`http://127.0.0.1:${port}/`] };
    const before = await doctor(change);
    expect([before.code, before.blocks.find(block => block.startsWith('!'))]).toEqual([
      0,
      expect.stringMatching(
        /^! public url: http:\S+ cannot be reached .*\n.*the server is not running.*\n.*start the server/,
      ),
    ]);
    await serve(await configure(change));
    const { code, stdout } = await doctor(change);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^✓ port: the server is running on 127\\.0\\.0\\.1:${port}`, 'm'));
    expect(stdout).toMatch(/^✓ public url: http:\S+ answers OPTIONS as a WebDAV server \(401\)$/m);
    if (process.platform === 'linux') {
      expect(stdout).toMatch(
        new RegExp(`^✓ data folder: .*; process ${process.pid} \\(.+\\) is using it, as a running server does$`, 'm'),
      );
    }
  });

  it('tells of several tenants which it is about, and of what they share once', async () => {
    const { doctor, emulator, tenantKeys } = await tenantWithAda();
    const fabrikam = emulator.addTenant({ name: 'fabrikam' });
    fabrikam.addMailbox({ upn: 'li@fabrikam.com' });
    fabrikam.setApplication({ roles: [] });
    const { tenantId, clientId, clientSecret } = fabrikam;
    const tenants = { contoso: tenantKeys(), fabrikam: { tenantId, clientId, clientSecret } };
    const mounts = [
      { mailbox: 'ada@contoso.com', tenant: 'contoso' },
      { mailbox: 'li@fabrikam.com', tenant: 'fabrikam' },
    ];
    const { code, blocks, failures, stdout } = await doctor({ tenant: undefined, tenants, mounts });
    expect([code, failures.length, failures[0]]).toEqual([
      1,
      1,
      expect.stringMatching(/^✗ permissions \(fabrikam\): the token has no roles/),
    ]);
    expect(failures[0]).toContain(`/${tenantId}/adminconsent?client_id=${clientId}`);
    expect(labels(blocks).filter(label => /hosts$|clock/.test(label!))).toEqual(['✓ hosts', '✓ clock']);
    expect(stdout).toMatch(/^✓ read \/ada: /m);
    expect(stdout).toMatch(/^✓ throttling \(contoso\): /m);
  });

  it('looks at libraries of sites and at drives by id as it does at mailboxes', async () => {
    const { doctor, emulator, ada } = await tenantWithAda();
    const site = emulator.addSite({ path: '/sites/team', name: 'Team', libraries: ['Documents', 'Plans'] });
    const place = { site: 'contoso.sharepoint.com/sites/team' };
    const mounts = [
      { ...place, name: 'Team' },
      { ...place, library: 'Nowhere', name: 'Nowhere' },
      { site: 'contoso.sharepoint.com/sites/none', name: 'None' },
      { drive: ada.driveId, name: 'Archive' },
      { drive: `${ada.driveId.slice(0, -4)}AAAA`, name: 'Gone' },
    ];
    const { stdout, failures } = await doctor({ mounts });
    expect(stdout).toMatch(/^✓ read \/Team: /m);
    expect(stdout).toContain('✓ drive /Archive: the drive "b!');
    expect(stdout).not.toMatch(/^!/m);
    expect(failures).toEqual([
      expect.stringMatching(
        /^✗ drive \/Nowhere: .*\n {4}means: the site has no library "Nowhere"; it has: "Documents", "Plans"\n.*check library/,
      ),
      expect.stringMatching(/^✗ drive \/None: .*\n {4}means: there is no such site\n/),
      expect.stringMatching(/^✗ drive \/Gone: .*\n {4}means: there is no drive with this id, or it was deleted\n/),
    ]);
    site.setLocked(true);
    expect((await doctor({ mounts: mounts.slice(0, 1) })).failures[0]).toContain(
      'means: its site is locked or archived',
    );
  });

  it('with Sites.Selected it names the site that was not granted', async () => {
    const { doctor, emulator, ada } = await tenantWithAda();
    emulator.setApplication({ roles: ['Sites.Selected'] });
    const mounts = [{ drive: ada.driveId, name: 'ada' }];
    const { code, failures } = await doctor({ mounts });
    expect([code, failures.length]).toEqual([1, 1]);
    expect(failures[0]).toMatch(
      /^✗ drive \/ada: .*\n {4}means: with Sites\.Selected .* this one was not\n {4}to do: let an administrator grant/,
    );
    ada.grant('write');
    const granted = await doctor({ mounts }, '--write');
    expect([granted.code, granted.failures]).toEqual([0, []]);
    expect(granted.stdout).toMatch(/^✓ permissions: .*\n {4}means: so this server can open only the sites/m);
  });

  it('finds the folder of a mount missing, or to be none', async () => {
    const { doctor, ada } = await tenantWithAda();
    await ada.put('/Notes', 'a file');
    const mounts = ['/Nowhere/Deep', '/Notes'].map((root, index) => ({
      mailbox: 'ada@contoso.com',
      name: `m${index}`,
      root,
    }));
    const { failures, stdout } = await doctor({ mounts });
    expect(failures).toEqual([
      expect.stringMatching(
        /^✗ root folder \/m0: there is no folder \/Nowhere\/Deep in the drive\n.*\n {4}to do: create the folder/,
      ),
      expect.stringMatching(/^✗ root folder \/m1: \/Notes is a file, not a folder\n/),
    ]);
    expect(stdout).toMatch(/^– skipped: read \/m0: because "root folder \/m0" failed$/m);
  });

  it('asks the hosts of the cloud that a tenant is in, for China also the one that only the library knows', async () => {
    const { doctor, emulator } = await makeDoctorTenant();
    const china = emulator.addTenant({ name: 'fabrikam', cloud: 'china' });
    const { upn } = china.addMailbox({ upn: 'li@fabrikam.partner.onmschina.cn' });
    const { tenantId, clientId, clientSecret } = china;
    const tenant = { cloud: 'china', tenantId, clientId, clientSecret };
    const { code, stdout } = await doctor({ tenant, mounts: [{ mailbox: upn, name: 'li' }] });
    expect(stdout).toContain(
      '✓ hosts: login.chinacloudapi.cn, login.partner.microsoftonline.cn and microsoftgraph.chinacloudapi.cn can be reached',
    );
    expect(code).toBe(0);
    china.setApplication({ roles: [] });
    const { failures } = await doctor({ tenant, mounts: [{ mailbox: upn, name: 'li' }] });
    expect(failures[0]).toContain(
      `see:   https://login.partner.microsoftonline.cn/${tenantId}/adminconsent?client_id=${clientId}`,
    );
  });

  it('counts whom rules find, and looks at their drives when they are few', async () => {
    const { doctor, emulator } = await tenantWithAda();
    emulator.addMailbox({ upn: 'grace@contoso.com', drive: 'no-mysite' });
    emulator.addMailbox({ upn: 'svc-backup@contoso.com' });
    const rule = { mailboxes: { match: '*@contoso.com', exclude: 'svc-*' } };
    const few = await doctor({ mounts: [rule] });
    expect(few.code).toBe(0);
    expect(few.stdout).toContain('✓ mailbox rule: mailboxes *@contoso.com but svc-*: 2 of 3 users match\n');
    expect(few.blocks.find(block => block.startsWith('!'))).toMatch(
      /^! mailbox rule: 1 of them have no OneDrive that can be opened: grace@contoso\.com\n.*the user has no OneDrive yet/,
    );
    for (let index = 0; index < 20; index += 1) {
      emulator.addMailbox({ upn: `u${index}@contoso.com` });
    }
    emulator.resetCalls();
    const many = await doctor({ mounts: [rule] });
    expect(many.stdout).toContain('22 of 23 users match; their drives were not queried\n');
    expect(emulator.calls.filter(({ operation }) => operation === 'drive-get')).toEqual([]);
  });

  it('rules need permissions of their own', async () => {
    const { doctor, emulator } = await tenantWithAda();
    emulator.setApplication({ roles: ['Files.ReadWrite.All'] });
    const { groupId } = emulator.addGroup({ displayName: 'Staff' });
    const mounts = [{ mailbox: 'ada@contoso.com' }, { mailboxes: { group: groupId } }];
    const { code, failures, stdout } = await doctor({ mounts });
    expect([code, failures.length]).toEqual([1, 1]);
    expect(failures[0]).toMatch(
      /^✗ directory permissions: the token lacks User\.Read\.All and GroupMember\.Read\.All\n.*find nobody.*\n.*add the application permission User\.Read\.All and GroupMember/,
    );
    expect(stdout).toMatch(/^– skipped: mailbox rule: because "directory permissions" failed$/m);
    expect(stdout).toMatch(/^✓ read \/ada: /m);
  });

  it('--mount also knows what a server has found by a rule', async () => {
    const { doctor, configure } = await tenantWithAda();
    const mounts = [{ mailboxes: {} }];
    const url = await serve(await configure({ mounts }));
    await expect.poll(async () => (await fetch(new URL('-/readyz', url))).status).toBe(200);
    const { code, stdout } = await doctor({ mounts }, '--mount', 'ada');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^✓ drive \/ada: the OneDrive of "ada@contoso\.com" is there/m);
    expect(stdout).toMatch(/^✓ read \/ada: /m);
  });

  describe('the end of the credential', () => {
    it.each([
      [100, 0, /^✓ credential expiry: the client secret is valid until \d{4}-\d\d-\d\d$/m],
      [
        20.5,
        0,
        /^! credential expiry: the client secret expires in 20 days .*\n.*\n {4}to do: create a new one in Entra and put it in tenant\.clientSecret; a running server takes it by itself\n {4}see: {3}https:\/\/entra\.microsoft\.com\//m,
      ],
    ])('of a secret, %d days from now', async (days, exitCode, line) => {
      const { doctor, emulator } = await tenantWithAda();
      emulator.setApplication({ roles: HELPFUL_ROLES, secretEnds: Date.now() + days * DAY_MS });
      const { code, stdout } = await doctor();
      expect([code, stdout]).toEqual([exitCode, expect.stringMatching(line)]);
    });

    it('of a secret is not known without Application.Read.All, and of a certificate it is', async () => {
      const { doctor, emulator, folder, tenantKeys } = await tenantWithAda();
      expect((await doctor()).stdout).toMatch(/^– credential expiry: .* is unknown: .*\(Application\.Read\.All\)$/m);
      const { certificate, key } = await makeCertificate({ notAfter: daysFromNow(10.5) });
      await writeFile(join(folder, 'application.pem'), certificate + key);
      emulator.setApplication({ certificates: [certificate] });
      const { stdout } = await doctor({
        tenant: tenantKeys({ clientSecret: null, certificateFile: 'application.pem' }),
      });
      expect(stdout).toMatch(
        /^! credential expiry: the certificate expires in 10 days .*\n.*\n.*put it in tenant\.certificateFile/m,
      );
    });
  });

  it('throttled in the middle of many mounts it asks for no further one', async () => {
    const { doctor, emulator } = await makeDoctorTenant();
    const mounts = Array.from({ length: 12 }, (_, index) => {
      emulator.addMailbox({ upn: `u${index}@contoso.com`, drive: 'no-mysite' });
      return { mailbox: `u${index}@contoso.com` };
    });
    let asked = 0;
    emulator.setFault(operation =>
      operation === 'drive-get' && ++asked > 3 ? { status: 429, retryAfter: '90' } : undefined,
    );
    // One at a time: what is under way already cannot know of an answer that another one gets.
    const { code, failures, stdout } = await doctor({ mounts, graph: { maxConcurrentRequests: 1 } });
    expect([code, asked]).toEqual([1, 4]);
    expect(failures.map(block => block.split(':', 1)[0])).toEqual([
      '✗ drive /u0',
      '✗ drive /u1',
      '✗ drive /u2',
      '✗ throttling',
    ]);
    expect(stdout).toMatch(/^– skipped: drive \/u3, .*because "throttling" failed$/m);
  });

  it('throttled for a moment only, it waits, and warns', async () => {
    const { doctor, emulator } = await tenantWithAda();
    let asked = 0;
    emulator.setFault(operation =>
      operation === 'drive-get' && ++asked === 1 ? { status: 429, retryAfter: '1' } : undefined,
    );
    const { code, stdout } = await doctor();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^✓ drive \/ada: /m);
    expect(stdout).toMatch(/^! throttling: graph\.microsoft\.com throttled this application 1 time during this run/m);
  });
});

describeWith('expect', 'doctor at a terminal', () => {
  it('colours the signs and shows its progress, and does neither in a pipe or with NO_COLOR', async () => {
    const { configure, doctor } = await tenantWithAda();
    const file = await configure();
    const { stdout } = await startAtTerminal(['doctor', '--config', file], '').done;
    expect(stdout).toContain('\u001b[32m✓\u001b[0m credential: ');
    expect(stdout).toContain('\r\u001b[Kcredential …');
    vi.stubEnv('NO_COLOR', '1');
    onTestFinished(() => void vi.unstubAllEnvs());
    const plain = await startAtTerminal(['doctor', '--config', file], '').done;
    expect(plain.stdout).toContain('✓ credential: ');
    expect(plain.stdout).toContain('credential …');
    expect((await doctor()).stdout).not.toContain('\u001b');
  });
});
