import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { decideConsent } from '../support/consent-browser.ts';
import { describeWith } from '../support/foreign-client.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';
import { setupFlags, startAtTerminal, stopCommands } from '../support/setup-process.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const DOWN = '\\033\\[B';
const CONTROL_C = '\\003';

/** Waits until the terminal shows `pattern`, then types. */
const on = (pattern: string, keys: string) => `expect -re {${pattern}}\nsend -- "${keys}"`;
const see = (pattern: string) => `expect -re {${pattern}}`;

describeWith('expect', 'setup at a real terminal', () => {
  let folder: Awaited<ReturnType<typeof makeTempDir>>;
  let emulator: Emulator;
  let microsoft: MicrosoftClient;
  let flags: string[];

  beforeEach(async () => {
    folder = await makeTempDir();
    emulator = await createEmulator();
    emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada Lovelace' });
    emulator.addMailbox({ upn: 'grace@contoso.com', displayName: 'Grace Hopper' });
    microsoft = await microsoftClient(emulator);
    const all = await setupFlags(emulator, folder.path);
    // What this test types.
    flags = ['--tenant', '--client-id', '--client-secret-file'].reduce(
      (left, flag) => left.toSpliced(left.indexOf(flag), 2),
      all,
    );
  });
  afterEach(async () => {
    stopCommands();
    await microsoft.close();
    await emulator.close();
    await folder[Symbol.asyncDispose]();
  });

  it('goes from nothing to a configuration by keystrokes, and shows no secret', async () => {
    emulator.setApplication({ roles: [], redirectUris: ['http://localhost/consent'] });
    const typing = [
      on('Which cloud', '\\r'),
      on('or a domain of the tenant', `${emulator.tenantId}\\r`),
      on('prove its identity', '\\r'),
      on('client. ID', 'my-app\\r'),
      // The objection stands below the line that is being typed, which begins anew after Ctrl+U.
      on('8-4-4-4-12', `\\025 ${emulator.clientId} \\r`),
      on('Client secret \\(', 'not-the-secret\\r'),
      see('AADSTS7000215'),
      // Copied with the blanks around it.
      on('Client secret \\(', ` ${emulator.clientSecret} \\r`),
      see('waiting for consent, 1'),
      see('Consent was granted\\.'),
      on('Which OneDrives', `${DOWN}${DOWN}\\r`),
      on('space bar', `${DOWN} \\r`),
      on('User name', '\\r'),
      on('Password for it', '\\r'),
      on('Write ', '\\r'),
      see('Start the server'),
    ];
    const command = startAtTerminal(['setup', ...flags], typing.join('\n'));
    const { html } = await decideConsent(microsoft, (await command.seen(/https:\/\/\S+adminconsent\?\S+/))[0]);
    expect(html).toContain('Consent was granted');
    const { code, stdout } = await command.done;
    expect([code, stdout]).toEqual([0, expect.stringMatching(/the password is [\da-f]{24} \(not stored anywhere/)]);
    expect(stdout).not.toContain(emulator.clientSecret);
    const { mounts, users } = parse(await readFile(join(folder.path, 'etc', 'config.yaml'), 'utf8'));
    expect([mounts, users[0].name]).toEqual([[{ mailbox: 'grace@contoso.com' }], 'grace']);
  });

  it('ends by Ctrl+C with a sentence, and nothing is written', async () => {
    const command = startAtTerminal(['setup', ...flags], on('Which cloud', CONTROL_C));
    const { code, stdout } = await command.done;
    expect([code, stdout]).toEqual([1, expect.stringContaining('given up: no configuration was written')]);
    expect(await readdir(folder.path)).toEqual(['given-secret.txt']);
  });

  it('takes what flags say, asks the rest, and with --yes only what has no default', async () => {
    const own = [
      '--tenant',
      emulator.tenantId,
      '--client-id',
      emulator.clientId,
      '--mount',
      'ada@contoso.com',
      '--yes',
    ];
    const typing = [
      on('prove its identity', '\\r'),
      on('Client secret \\(', `${emulator.clientSecret}\\r`),
      see('Start the server'),
    ];
    const { code, stdout } = await startAtTerminal(['setup', ...flags, ...own], typing.join('\n')).done;
    expect([code, stdout]).toEqual([0, expect.stringContaining('Start the server')]);
    expect(stdout).not.toMatch(/Which cloud|User name|Write \//);
  });
});
