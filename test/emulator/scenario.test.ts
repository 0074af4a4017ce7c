import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { applyScenario, optionsOf, parseScenario } from '../../src/emulator/scenario.ts';
import { microsoftClient } from '../support/microsoft-client.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

async function open(text: string) {
  const scenario = parseScenario(text, 'x.yaml');
  const emulator = await createEmulator(optionsOf(scenario));
  await applyScenario(emulator, scenario);
  return emulator;
}

describe('a scenario', () => {
  it('makes tenants, people with files, groups, sites and applications', async () => {
    const emulator = await open(`
tenants:
  - name: fabrikam
    application: { clientSecret: known, roles: [Files.Read.All] }
    people:
      - upn: ada@fabrikam.com
        quotaBytes: 5000
        files:
          /a.txt: hello
          /made/b.bin: { bytes: 100000, modified: '2026-01-02T03:04:05Z' }
          /empty/: ''
      - { upn: new@fabrikam.com, drive: no-mysite }
    groups: [{ displayName: Team, members: [ADA@fabrikam.com] }]
    sites:
      - { path: /sites/team, name: Team, libraries: [Documents], files: { Documents: { /h.md: '# h' } } }
  - name: other
switches: { pageSize: 1 }
faults: [{ fault: error-500, operation: organization-list }]
`);
    const client = await microsoftClient(emulator);
    expect([emulator.name, emulator.hosts.personal, emulator.clientSecret]).toEqual([
      ...['fabrikam', 'fabrikam-my.sharepoint.com', 'known'],
    ]);
    const { json: drive } = await client.graph('/users/ada@fabrikam.com/drive');
    expect(drive.quota.total).toBe(5000);
    const root = `/drives/${drive.id}/root`;
    const page = await client.graph(`${root}/children`);
    expect([page.json.value.length, typeof page.json['@odata.nextLink']]).toEqual([1, 'string']);
    const made = await client.graph(`${root}:/made/b.bin:`);
    expect([made.json.size, made.json.fileSystemInfo.lastModifiedDateTime]).toEqual([100_000, '2026-01-02T03:04:05Z']);
    expect((await client.graph(`${root}:/empty:`)).json.folder.childCount).toBe(0);
    expect((await client.graph('/organization')).status).toBe(500);
    expect([emulator.groups.length, emulator.sites]).toEqual([1, ['https://fabrikam.sharepoint.com/sites/team']]);
    expect((await client.token({}, 'other.onmicrosoft.com')).json.error_codes).toEqual([700016]);
    await client.close();
    await emulator.close();
  });

  it('sets switches, also those that have parts', async () => {
    const emulator = await open(`
tenants: [{ name: contoso, people: [{ upn: ada@contoso.com, files: { /a.docx: old, /b.txt: b } }] }]
switches:
  secondSession: allowed
  sessionConflictDefault: fail
  strict: { conflictBehavior: false }
  rewritesOffice: never
  strayNotFound: { ratio: 1, seed: 3 }
  signIn: { as: ada@contoso.com, confirms: true }
`);
    const client = await microsoftClient(emulator);
    const { driveId } = emulator.mailbox(emulator.mailboxes[0]!);
    const session = { method: 'POST', body: { item: {} } };
    const path = (name: string) => `/drives/${driveId}/root:/${name}:/createUploadSession`;
    expect((await client.graph(path('b.txt'), session)).status).toBe(409);
    expect([(await client.graph(path('c'), session)).status, (await client.graph(path('c'), session)).status]).toEqual([
      200, 200,
    ]);
    expect((await client.graph(`/drives/${driveId}/root/children`)).status).toBe(404);
    expect(emulator.violations).toEqual([]);
    await client.close();
    await emulator.close();
  });

  it('may be empty: a contoso without people', async () => {
    const emulator = await open('');
    expect([emulator.name, emulator.mailboxes]).toEqual(['contoso', []]);
    await emulator.close();
  });

  it.for([
    ['tenant: []', 'x.yaml:1: : unknown key "tenant"; did you mean "tenants"?'],
    ['tenants:\n  - name: a\n    peple: []', 'x.yaml:2: tenants.0: unknown key "peple"; did you mean "people"?'],
    [
      'faults:\n  - { fault: throttle-492 }',
      'x.yaml:2: faults.0.fault: there is no fault "throttle-492"; did you mean "throttle-429"?',
    ],
    ['latency:\n  default: -1', 'x.yaml:2: latency.default: '],
    [
      'switches:\n  secondSesion: allowed',
      'x.yaml:2: switches: unknown key "secondSesion"; did you mean "secondSession"?',
    ],
    ['switches:\n  strict: { me: 1 }', 'x.yaml:2: switches.strict.me: '],
    ['latency:\n  upload-fragement: 20', 'x.yaml:2: latency.upload-fragement: there is no operation of that name'],
    [
      'faults:\n  - { fault: error-500, operation: dowload }',
      'x.yaml:2: faults.0.operation: there is no operation of that name',
    ],
    ['tenants:\n  - name: A', 'x.yaml:2: tenants.0.name: use only lower-case letters and digits'],
    ['a: [', 'x.yaml:1: '],
  ] as const)('%s is explained', ([text, expected]) => {
    expect(() => parseScenario(text, 'x.yaml')).toThrow(expected);
  });

  it('whose group has a stranger says who', async () => {
    const scenario = parseScenario('tenants: [{ name: a, groups: [{ displayName: g, members: [x@a.com] }] }]', 'x');
    const emulator = await createEmulator(optionsOf(scenario));
    await expect(applyScenario(emulator, scenario)).rejects.toThrow('the member x@a.com');
    await emulator.close();
  });

  it.for(['throttled', 'flaky'])('examples/%s.yaml works', async name => {
    const emulator = await open(await readFile(join(ROOT, 'examples', `${name}.yaml`), 'utf8'));
    expect(emulator.mailboxes).toContain('ada@contoso.com');
    await emulator.close();
  });
});

describe('the command', () => {
  it('starts with a scenario and says where the control API is', { timeout: 120_000 }, async () => {
    const child = run(['emulator', '--json', '--scenario', join(ROOT, 'examples', 'flaky.yaml')]);
    const lines = createInterface({ input: child.stdout });
    const [line] = (await once(lines, 'line')) as [string];
    const { emulator } = JSON.parse(line);
    expect(emulator).toMatchObject({ mailboxes: ['ada@contoso.com'], pid: child.pid });
    const state = await (await fetch(`${emulator.control}state`)).json();
    expect(state.faults.length).toBe(5);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('reports the mistake in one, and ends', { timeout: 120_000 }, async () => {
    await using folder = await makeTempDir();
    const file = join(folder.path, 'bad.yaml');
    await writeFile(file, 'tenant: []');
    const child = run(['emulator', '--scenario', file]);
    let text = '';
    child.stderr.on('data', chunk => {
      text += chunk;
    });
    expect(await once(child, 'close')).toEqual([78, null]);
    expect(text).toBe(`${file}:1: : unknown key "tenant"; did you mean "tenants"?\n`);
  });
});

function run(args: readonly string[]) {
  return spawn(process.execPath, [join(ROOT, 'src/main.ts'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}
