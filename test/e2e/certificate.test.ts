import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { createLog } from '../../src/lib/log.ts';
import { daysFromNow, makeCertificate } from '../support/certificates.ts';
import { run } from '../support/foreign-client.ts';
import { PASSWORD, PASSWORD_HASH } from '../support/passwords.ts';
import { basic } from '../support/raw-http.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** A tenant whose application has a certificate and no secret that anybody knows, and a configuration for it. */
async function makeTenant(validDays: number) {
  const folder = await makeTempDir();
  const emulator = await createEmulator();
  onTestFinished(async () => {
    await emulator.close();
    await folder[Symbol.asyncDispose]();
  });
  await emulator.addMailbox({ upn: 'ada@contoso.com' }).put('/note.txt', 'by certificate');
  const expires = daysFromNow(validDays);
  const { certificate, key } = await makeCertificate({ notAfter: expires });
  emulator.setApplication({ certificates: [certificate] });
  await writeFile(join(folder.path, 'application.pem'), certificate + key);
  const { tenantId, clientId, proxy, caFile } = emulator;
  const config = {
    listen: { host: '127.0.0.1', port: 0 },
    outbound: { proxy, caFile },
    tenant: { tenantId, clientId, certificateFile: 'application.pem', contentHosts: ['127.0.0.1'] },
    mounts: [{ mailbox: 'ada@contoso.com', download: 'proxy' }],
    users: [{ name: 'ada', passwordHash: PASSWORD_HASH, mounts: '*' }],
  };
  const file = join(folder.path, 'config.yaml');
  await writeFile(file, JSON.stringify(config));
  return { file, day: expires.toISOString().slice(0, 10), emulator };
}

async function serve(file: string): Promise<{ url: string; logged: string[] }> {
  const logged: string[] = [];
  const log = createLog({ level: 'warn', destination: { write: line => void logged.push(line) } });
  const app = await createApp(await loadConfig(file, {}), { log });
  onTestFinished(() => app.stop());
  return { url: (await app.start()).url, logged };
}

describe('a tenant that is reached by certificate', () => {
  it('is served; that the certificate ends soon is logged at start', async () => {
    const { file, day, emulator } = await makeTenant(10.5);
    const { url, logged } = await serve(file);
    const answer = await fetch(new URL('ada/note.txt', url), { headers: basic('ada', PASSWORD) });
    expect([answer.status, await answer.text()]).toEqual([200, 'by certificate']);
    expect(logged.map(line => JSON.parse(line))).toMatchObject([
      { level: 'warn', msg: expect.stringContaining(`tenant.certificateFile expires in 10 days (${day})`) },
    ]);
    expect(emulator.violations).toEqual([]);
  });

  it('is shown by check-config with the day on which the certificate ends, and with a warning when that is soon', async () => {
    const long = await makeTenant(100);
    const { stdout } = await run(process.execPath, [MAIN, 'check-config', '--config', long.file]);
    expect(stdout).toContain(`(global), by certificate, good until ${long.day}\n`);
    expect(stdout).not.toContain('! the certificate');
    const soon = await makeTenant(3.5);
    const warned = await run(process.execPath, [MAIN, 'check-config', '--config', soon.file]);
    expect(warned.stdout).toContain(`! the certificate of tenant.certificateFile expires in 3 days (${soon.day})`);
  });
});
