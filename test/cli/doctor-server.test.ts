import { describe, expect, it, onTestFinished } from 'vitest';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { type DoctorTenant, makeDoctorTenant } from '../support/doctor.ts';
import { eventually } from '../support/eventually.ts';
import { PASSWORD } from '../support/passwords.ts';
import { basic } from '../support/raw-http.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';

const CONFIG = { dataDir: './data', reload: { watch: false } };

/** A server as a process of its own, which reads its configuration again only when it is told to. */
async function running(
  change: Record<string, unknown> = {},
  seed: (emulator: Emulator) => void = () => {},
): Promise<DoctorTenant & { server: ServerProcess }> {
  const tenant = await makeDoctorTenant();
  tenant.emulator.addMailbox({ upn: 'ada@contoso.com' });
  seed(tenant.emulator);
  const server = await startServerProcess(await tenant.configure({ ...CONFIG, ...change }));
  onTestFinished(async () => void (await server.end('SIGKILL')));
  return { ...tenant, server };
}

const linesOf = ({ blocks }: { readonly blocks: readonly string[] }) =>
  blocks.filter(block => / running server: /.test(block));

describe('doctor asks the running server', () => {
  it('its version, the age of its configuration against the files, and of its token', async () => {
    const { doctor, server } = await running();
    await eventually(async () => {
      const found = await doctor(CONFIG);
      expect(linesOf(found)).toEqual([
        expect.stringMatching(
          new RegExp(`^✓ running server: process ${server.pid} runs version \\d+\\.\\d+\\.\\d+, for `),
        ),
        expect.stringMatching(
          /^✓ running server: its configuration was read \S+ s ago, and its files still say the same$/,
        ),
        expect.stringMatching(/^✓ running server: its token is \S+ s old$/),
      ]);
      expect(found.code).toBe(0);
    });
  });

  it('what has changed in the files since it has read them, and what to do', async () => {
    const { doctor } = await running();
    const live = await doctor({ ...CONFIG, auth: { realm: 'Other' } });
    expect([live.code, linesOf(live)[1]]).toEqual([
      0,
      expect.stringMatching(
        /^! .*; changed since then: auth\.realm\n {4}means: .*\n {4}to do: run "onedrive-webdav reload"/,
      ),
    ]);
    const restart = await doctor({ ...CONFIG, auth: { realm: 'Other' }, metrics: true });
    expect(linesOf(restart)[1]).toMatch(
      /; changed since then: auth\.realm, metrics; a restart is needed for metrics\n.*\n {4}to do: restart the server/,
    );
    // It has only looked: nothing has been applied, and nothing is taken for known.
    expect(linesOf(await doctor(CONFIG))[1]).toMatch(/its files still say the same$/);
  });

  it('whether it could start with what its files say now', async () => {
    const { doctor } = await running();
    const bad = await doctor({ ...CONFIG, mountz: [] });
    expect(bad.code).toBe(78);
    expect(bad.blocks[0]).toMatch(/^✗ configuration: .*mountz: unknown key/);
    expect(linesOf(bad)[1]).toMatch(
      /^✗ running server: its configuration was read .*; what the files say now cannot be used: .*mountz: unknown key.*\n {4}means: the server goes on with what it has read, and would not start anew\n/,
    );
  });

  it('which of its mounts cannot be opened, and why', async () => {
    const mounts = [{ mailbox: 'ada@contoso.com' }, { mailbox: 'nobody@contoso.com' }];
    const { doctor, server } = await running({ mounts });
    const { status } = await fetch(`${server.url}/nobody/`, { headers: basic('ada', PASSWORD) });
    expect(status).toBe(404);
    expect(linesOf(await doctor({ ...CONFIG, mounts }))).toContainEqual(
      expect.stringMatching(
        /^! running server: its mount \/nobody cannot be opened, for .*"nobody@contoso\.com".*\n {4}to do: run doctor --mount "nobody"/,
      ),
    );
  });

  it('the address of a mailbox that a rule has found, not its object id', async () => {
    const mounts = [{ mailboxes: { match: 'bob@*' } }];
    const { doctor, server } = await running({ mounts }, emulator =>
      emulator.addMailbox({ upn: 'bob@contoso.com', drive: 'locked' }),
    );
    await eventually(async () => {
      await fetch(`${server.url}/bob/`, { headers: basic('ada', PASSWORD) });
      expect(linesOf(await doctor({ ...CONFIG, mounts }))).toContainEqual(
        expect.stringMatching(/^! .* its mount \/bob cannot be opened, .*the OneDrive of "bob@contoso\.com"/),
      );
    });
  });

  it('which of its parts fail, since when, and what to do', async () => {
    const tenant = await makeDoctorTenant();
    tenant.emulator.addMailbox({ upn: 'ada@contoso.com' });
    const file = await tenant.configure({ ...CONFIG, tenant: tenant.tenantKeys({ clientSecret: 'wrong' }) });
    const server = await startServerProcess(file);
    onTestFinished(async () => void (await server.end('SIGKILL')));
    await eventually(async () => {
      // The secret in the file is right now; the server was not told.
      const { code, blocks } = await tenant.doctor(CONFIG);
      expect([code, blocks]).toEqual([1, expect.arrayContaining([expect.stringMatching(/^✓ credential: /)])]);
      expect(linesOf({ blocks })).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/; changed since then: tenant\n/),
          expect.stringMatching(
            /^✗ running server: credential: Microsoft refuses the credential, for .*\n {4}means: .*503\n {4}to do: /,
          ),
        ]),
      );
    });
  });
});
