import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePasswordHash, verifyPassword } from '../../src/auth/passwords.ts';
import type { SetupOptions } from '../../src/setup/options.ts';
import type { Exchange } from '../support/scripted-terminal.ts';
import { openSetupBench, type SetupBench, UNCONSENTED } from '../support/setup-bench.ts';

const GENERATE: Exchange = [/Password for it/, 'generate'];
const WRITE: Exchange = [/^Write /, true];

let bench: SetupBench;

beforeEach(async () => {
  bench = await openSetupBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

/** Flags for everything but what a test is about. */
async function known(): Promise<Partial<SetupOptions>> {
  return { ...(await bench.known()), mount: ['ada@contoso.com'], user: 'ada' };
}

const told = () => bench.told.join('\n');

describe('setup at a terminal', () => {
  it('asks for everything, says what to click before each answer, and opens the consent page', async () => {
    const { emulator } = bench;
    emulator.setApplication(UNCONSENTED);
    const script: Exchange[] = [
      [/Which cloud/, 'global'],
      [/Directory \(tenant\) ID/, emulator.tenantId],
      [/How does the application prove/, 'secret'],
      [/Application \(client\) ID/, emulator.clientId],
      [/Client secret \(its Value\)/, emulator.clientSecret],
      [/Which OneDrives/, 'pick'],
      [/Pick with the space bar/, ['grace@contoso.com', 'ada@contoso.com']],
      [/User name/, 'ada'],
      GENERATE,
      WRITE,
    ];
    const { user } = await bench.run({ script, browse: bench.accept });
    expect(told()).toMatch(/Register an application[\s\S]*Redirect URI: Web, http:\/\/localhost:0\/consent/);
    expect(told()).toMatch(/Make a client secret:[\s\S]*~\/Credentials\/appId\//);
    const shown = bench.shown.join('\n');
    expect(shown).toMatch(/asking Microsoft for a token[\s\S]*waiting for consent, 10:00 left/);
    expect(shown).toMatch(/reading the directory: 2 users[\s\S]*querying OneDrives: 2 of 2/);
    const { mounts, users, tenant } = await bench.config();
    expect(mounts).toEqual([{ mailbox: 'grace@contoso.com' }, { mailbox: 'ada@contoso.com' }]);
    expect(tenant.clientSecretFile).toBe('./client-secret.txt');
    expect(user!.handover).toBe('shown');
    expect(await verifyPassword(user!.password.reveal(), parsePasswordHash(users[0].passwordHash)!)).toBe(true);
    expect(told()).not.toContain(emulator.clientSecret);
  });

  it('asks again for what Microsoft says is wrong, and only for that', async () => {
    const options = await known();
    await writeFile(options.clientSecretFile!, 'wrong');
    const script: Exchange[] = [
      [/Client secret/, 'wrong again'],
      [/Client secret/, bench.emulator.clientSecret],
      GENERATE,
      WRITE,
    ];
    await bench.run({ script, options });
    expect(bench.told.filter(text => text.includes('AADSTS7000215'))).toHaveLength(2);
    // The file that was named holds another.
    expect((await bench.config()).tenant.clientSecretFile).toBe('./client-secret.txt');
  });

  it('asks again for both ids when the tenant does not know the application', async () => {
    const script: Exchange[] = [
      [/Directory \(tenant\) ID/, bench.emulator.tenantId],
      [/Application \(client\) ID/, bench.emulator.clientId],
      GENERATE,
      WRITE,
    ];
    await bench.run({ script, options: { ...(await known()), clientId: '0f0e0d0c-0000-4000-8000-000000000000' } });
    expect(told()).toContain('AADSTS700016');
  });

  it('lets an administrator try again who has declined', async () => {
    bench.emulator.setApplication(UNCONSENTED);
    const visits: string[] = [];
    const browse = (url: string) => (visits.push(url) === 1 ? bench.cancel(url) : bench.accept(url));
    await bench.run({ script: [[/Try again\?/, true], GENERATE, WRITE], options: await known(), browse });
    expect(told()).toContain('Consent was refused by the person who signed in');
    const states = visits.map(url => new URL(url).searchParams.get('state'));
    expect(new Set(states).size).toBe(2);
  });

  it('offers to go on read-only where only that was ticked', async () => {
    bench.emulator.setApplication({ roles: ['Files.Read.All', 'User.Read.All'] });
    await bench.run({ script: [[/Continue read-only\?/, true], GENERATE, WRITE], options: await known() });
    expect(await bench.config()).toMatchObject({ mounts: [{ readOnly: true }], users: [{ access: 'read' }] });
  });

  it('asks again for addresses that nobody has, and for a password that was typed twice differently', async () => {
    const script: Exchange[] = [
      [/Which OneDrives/, 'type'],
      [/Addresses/, 'adda@contoso.com, grace@contoso.com'],
      [/Addresses/, 'ada@contoso.com; grace@contoso.com'],
      [/User name/, 'me'],
      [/Password for it/, 'type'],
      [/^Password$/, 'long enough'],
      [/Again/, 'long enouhg'],
      [/^Password$/, 'long enough'],
      [/Again/, 'long enough'],
      WRITE,
    ];
    const { user } = await bench.run({ script, options: { ...(await known()), mount: undefined, user: undefined } });
    expect(told()).toMatch(/nobody in the tenant is called adda@contoso\.com/);
    expect([user!.name, user!.password.reveal(), user!.handover]).toEqual(['me', 'long enough', 'chosen']);
    expect(await readdir(bench.path(''))).toEqual(['config.yaml']);
  });

  it('finds mailboxes by patterns', async () => {
    const script: Exchange[] = [
      [/Which OneDrives/, 'match'],
      [/Pattern/, 'a*@contoso.com g*@contoso.com'],
      GENERATE,
      WRITE,
    ];
    await bench.run({ script, options: { ...(await known()), mount: undefined } });
    expect((await bench.config()).mounts).toEqual([{ mailboxes: { match: ['a*@contoso.com', 'g*@contoso.com'] } }]);
  });

  it('shows a list to pick from only when it can be overlooked', async () => {
    for (let number = 0; number < 250; number += 1) {
      bench.emulator.addMailbox({ upn: `person${number}@contoso.com` });
    }
    const script: Exchange[] = [
      [/Which OneDrives/, 'pick'],
      [/Pattern for the list/, 'nobody*'],
      [/Pattern for the list/, 'ada*'],
      [/Pick/, ['ada@contoso.com']],
      GENERATE,
      WRITE,
    ];
    await bench.run({ script, options: { ...(await known()), mount: undefined } });
    expect(told()).toMatch(/252 of 252 people match: narrow the list[\s\S]*0 of 252 people match: narrow the list/);
  });

  it('asks before it replaces anything, each file, and gives up when it may not', async () => {
    const options = { ...(await known()), clientSecretFile: undefined };
    await mkdir(bench.path(''));
    await writeFile(bench.path('config.yaml'), 'mine');
    await writeFile(bench.path('client-secret.txt'), 'mine');
    const refused = await bench.failure({ script: [[/config\.yaml already exists\. Replace/, false]], options });
    expect(refused.message).toMatch(/config\.yaml already exists/);
    const answers: Exchange[] = [
      [/config\.yaml already exists/, true],
      [/How does the application prove/, 'secret'],
      [/Client secret/, bench.emulator.clientSecret],
      GENERATE,
    ];
    const kept = await bench.failure({ script: [...answers, [/client-secret\.txt already exists/, false]], options });
    expect(kept.message).toMatch(/client-secret\.txt already exists/);
    expect(await readFile(bench.path('config.yaml'), 'utf8')).toBe('mine');
    await bench.run({ script: [...answers, [/client-secret\.txt already exists/, true], WRITE], options });
    expect(await readFile(bench.path('client-secret.txt'), 'utf8')).toBe(`${bench.emulator.clientSecret}\n`);
  });

  it('writes nothing when somebody thinks better of it at the end', async () => {
    const { message } = await bench.failure({ script: [GENERATE, [/^Write /, false]], options: await known() });
    expect(message).toBe('given up: no configuration was written');
    expect(await readdir(bench.folder)).toEqual(['given.txt']);
  });
});
