import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { openSetupBench, type SetupBench, UNCONSENTED } from '../support/setup-bench.ts';

let bench: SetupBench;

beforeEach(async () => {
  bench = await openSetupBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

const told = () => bench.told.join('\n');

describe('mailboxes', () => {
  it('tells the kinds of no OneDrive apart, and goes on with those that are there', async () => {
    bench.emulator.addMailbox({ upn: 'new@contoso.com', drive: 'no-mysite' });
    bench.emulator.addMailbox({ upn: 'poor@contoso.com', drive: 'no-licence' });
    bench.emulator.addMailbox({ upn: 'shut@contoso.com', drive: 'locked' });
    bench.emulator.addMailbox({ upn: 'guest_else.com#EXT#@contoso.com', drive: 'no-mysite' });
    await bench.run({ options: { ...(await bench.known()), match: ['*@contoso.com'], exclude: ['grace@*'] } });
    expect(told()).toContain('The rule matches 4 people.');
    expect(told()).toContain('Queried 4 OneDrives: 1 can be opened.');
    expect(told()).toMatch(/new@contoso\.com: the user has no OneDrive yet/);
    expect(told()).toMatch(/poor@contoso\.com: the tenant has no SharePoint licence/);
    expect(told()).toMatch(/shut@contoso\.com: its site is locked/);
    expect((await bench.config()).mounts).toEqual([{ mailboxes: { match: '*@contoso.com', exclude: ['grace@*'] } }]);
  });

  it('looks at a hundred at most', async () => {
    for (let number = 0; number < 120; number += 1) {
      bench.emulator.addMailbox({ upn: `person${number}@contoso.com` });
    }
    await bench.run({ options: { ...(await bench.known()), all: true } });
    expect(told()).toMatch(/Queried 100 OneDrives: 100 can be opened\.\n {2}22 more were not queried/);
  });

  it('stops looking when Microsoft throttles, and goes on', async () => {
    bench.emulator.setFault(operation => (operation === 'drive-get' ? { status: 429, retryAfter: '600' } : undefined));
    await bench.run({ options: { ...(await bench.known()), match: ['ada@*'] } });
    expect(told()).toMatch(/0 can be opened\.\n {2}Stopped early: /);
  });

  it('by a group mounts its members', async () => {
    bench.emulator.setApplication({ roles: ['Files.ReadWrite.All', 'User.Read.All', 'GroupMember.Read.All'] });
    const turing = bench.emulator.addMailbox({ upn: 'turing@contoso.com' });
    const { groupId } = bench.emulator.addGroup({ displayName: 'Staff', members: [turing] });
    await bench.run({ options: { ...(await bench.known()), group: groupId } });
    expect(told()).toContain('The rule matches 1 person.');
    expect((await bench.config()).mounts).toEqual([{ mailboxes: { match: '*', group: groupId } }]);
  });

  it('by a rule needs to read the directory, for which consent is asked', async () => {
    bench.emulator.setApplication({ ...UNCONSENTED, roles: ['Files.ReadWrite.All'], requiredRoles: ['User.Read.All'] });
    await bench.run({ options: { ...(await bench.known()), all: true }, browse: bench.accept });
    expect(told()).toMatch(/Consent was granted\.[\s\S]*The rule matches 2 people\./);
  });

  it('by a group needs a permission, for which consent is asked', async () => {
    const requiredRoles = ['GroupMember.Read.All'];
    bench.emulator.setApplication({ requiredRoles, redirectUris: UNCONSENTED.redirectUris });
    const { groupId } = bench.emulator.addGroup({ displayName: 'Nobody' });
    const run = { options: { ...(await bench.known()), group: groupId }, browse: bench.accept };
    expect((await bench.failure(run)).message).toMatch(/the rule matches nobody/);
    expect(told()).toMatch(/\[x\] GroupMember\.Read\.All/);
  });

  it('names an unknown user, and writes nothing', async () => {
    const mount = ['ada@contoso.com', 'adda@contoso.com'];
    const { message } = await bench.failure({ options: { ...(await bench.known()), mount } });
    expect(message).toMatch(/nobody in the tenant is called adda@contoso\.com/);
    await expect(readdir(bench.path(''))).rejects.toThrow('ENOENT');
  });

  it('can be named where the directory may not be read', async () => {
    bench.emulator.setApplication({ roles: ['Files.ReadWrite.All'] });
    await bench.run({ options: { ...(await bench.known()), mount: ['ada@contoso.com'] } });
    expect(told()).toContain('Without User.Read.All it cannot list mailboxes');
    expect(bench.emulator.calls.map(({ operation }) => operation)).not.toContain('user-list');
  });

  it('of which not one can be opened are no configuration', async () => {
    bench.emulator.addMailbox({ upn: 'new@contoso.com', drive: 'no-mysite' });
    const { message } = await bench.failure({ options: { ...(await bench.known()), mount: ['new@contoso.com'] } });
    expect(message).toMatch(/none of these OneDrives can be opened/);
  });

  it('with the same name in two domains, and an object id, get names of their own', async () => {
    bench.emulator.addMailbox({ upn: 'ada@fabrikam.com' });
    const { userId } = bench.emulator.addMailbox({ upn: 'turing@contoso.com' });
    const mount = ['ada@contoso.com', 'ada@fabrikam.com', userId];
    await bench.run({ options: { ...(await bench.known()), mount } });
    const { mounts } = await loadConfig(bench.path('config.yaml'), {});
    expect(mounts.map(({ name }) => name)).toEqual(['ada', 'ada@fabrikam.com', 'turing']);
  });
});
