import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLog } from '../../src/lib/log.ts';
import { makeCertificate } from '../support/certificates.ts';
import { type Diagnosis, makeDoctorTenant } from '../support/doctor.ts';
import { PASSWORD } from '../support/passwords.ts';
import { basic } from '../support/raw-http.ts';

/** Exactly one failure, which says this, and the exit code of a failure. */
function expectTheFailure({ code, failures, stderr }: Diagnosis, ...sentences: (string | RegExp)[]): void {
  expect([code, stderr, failures.length]).toEqual([1, '', 1]);
  for (const sentence of sentences) {
    expect(failures[0]).toMatch(sentence);
  }
}

async function tenantWithAda(options?: Parameters<typeof makeDoctorTenant>[0]) {
  const tenant = await makeDoctorTenant(options);
  return { ...tenant, ada: tenant.emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada Lovelace' }) };
}

/** A port of this machine on which somebody listens who is not ours; or, with `close`, nobody. */
async function foreignPort({ close = false } = {}): Promise<number> {
  const server = createServer(socket => socket.resume().end('SSH-2.0-OpenSSH_9.2\r\n'));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const end = () => new Promise<void>(resolve => server.close(() => resolve()));
  await (close ? end() : onTestFinished(end));
  return port;
}

describe('doctor names the cause and the cure of', () => {
  it('a wrong secret', async () => {
    const { doctor, tenantKeys } = await tenantWithAda();
    expectTheFailure(
      await doctor({ tenant: tenantKeys({ clientSecret: 'the-id-and-not-the-value' }) }),
      /^✗ credential: .*AADSTS7000215/,
      'means: the client secret is wrong',
      "to do: copy the secret's Value from Entra, not its ID, to tenant.clientSecret",
      'see:   https://login.microsoftonline.com/error?code=7000215',
    );
  });

  it('an expired secret', async () => {
    const { doctor, emulator } = await tenantWithAda();
    emulator.setApplication({ secretExpired: true });
    expectTheFailure(
      await doctor(),
      /^✗ credential: .*AADSTS7000222/,
      'means: the client secret has expired',
      'to do: create a new one in Entra and put it in tenant.clientSecret',
    );
  });

  it('a wrong client id', async () => {
    const { doctor, tenantKeys } = await tenantWithAda();
    const clientId = '11111111-2222-3333-4444-555555555555';
    expectTheFailure(
      await doctor({ tenant: tenantKeys({ clientId }) }),
      new RegExp(`^✗ credential: .*${clientId}.*AADSTS700016`),
      'means: the application is not known in this tenant',
      'to do: check tenant.clientId and tenant.tenantId',
    );
  });

  it('a wrong tenant, under the name that it has in the configuration', async () => {
    const { doctor, tenantKeys } = await tenantWithAda();
    const tenantId = '11111111-2222-3333-4444-555555555555';
    expectTheFailure(
      await doctor({ tenant: tenantKeys({ tenantId }) }),
      new RegExp(`^✗ credential: .*${tenantId}.*AADSTS90002`),
      'means: the tenant was not found',
      'to do: check tenant.tenantId and tenant.cloud',
    );
    const tenants = { contoso: tenantKeys(), other: tenantKeys({ tenantId }) };
    const several = await doctor({
      tenant: undefined,
      tenants,
      mounts: [{ mailbox: 'ada@contoso.com', tenant: 'contoso' }],
    });
    expectTheFailure(
      several,
      /^✗ credential \(other\): /,
      'to do: check tenants.other.tenantId and tenants.other.cloud',
    );
    expect(several.stdout).toMatch(/^✓ credential \(contoso\): /m);
  });

  it('missing consent', async () => {
    const { doctor, emulator } = await tenantWithAda();
    emulator.setApplication({ roles: [] });
    const { tenantId, clientId } = emulator;
    const diagnosis = await doctor();
    expectTheFailure(
      diagnosis,
      '✗ permissions: the token has no roles',
      'means: admin consent is missing',
      /to do: add the application permission Files\.ReadWrite\.All .* grants admin consent by the link/,
      `see:   https://login.microsoftonline.com/${tenantId}/adminconsent?client_id=${clientId}`,
    );
    expect(diagnosis.stdout).toMatch(/^– skipped: drive \/ada, .*: because "permissions" failed$/m);
  });

  it('reading rights only where a mount may be written, and of that nothing else', async () => {
    const { doctor, emulator } = await tenantWithAda();
    emulator.setApplication({ roles: ['Files.Read.All'] });
    const diagnosis = await doctor({}, '--write');
    expectTheFailure(
      diagnosis,
      '✗ permissions: the token has Files.Read.All, but the configuration makes /ada writable',
      'means: everything can be read, but every change is refused (403)',
      /to do: add the application permission Files\.ReadWrite\.All .*; or set readOnly: true for the mounts/,
    );
    expect(diagnosis.stdout).toMatch(/^✓ read \/ada: /m);
    expect(diagnosis.stdout).toMatch(/^– skipped: write \/ada: because "permissions" failed$/m);
    const readOnly = await doctor({ mounts: [{ mailbox: 'ada@contoso.com', readOnly: true }] });
    expect([readOnly.code, readOnly.failures]).toEqual([0, []]);
  });

  it('a clock that is 20 minutes off, also when the certificate is refused because of it', async () => {
    const { doctor, emulator, folder, tenantKeys } = await tenantWithAda({
      clock: { now: () => Date.now() + 20 * 60_000 },
    });
    const sentences = [
      /^✗ clock: this machine's clock is 20 min behind that of login\.microsoftonline\.com/,
      'means: Entra refuses the signature of a certificate that was made in the future or long ago (AADSTS700024)',
      'to do: set the clock and keep it in sync: "timedatectl set-ntp true"',
    ];
    const bySecret = await doctor();
    expectTheFailure(bySecret, ...sentences);
    expect(bySecret.stdout).toMatch(/^✓ credential: /m);
    const { certificate, key } = await makeCertificate();
    await writeFile(join(folder, 'application.pem'), certificate + key);
    emulator.setApplication({ certificates: [certificate] });
    const tenant = { ...tenantKeys({ clientSecret: null }), certificateFile: 'application.pem' };
    const byCertificate = await doctor({ tenant });
    expectTheFailure(byCertificate, ...sentences);
    expect(byCertificate.stdout).toMatch(/^– skipped: credential, .*: because "clock" failed$/m);
  });

  it('a proxy that is down', async () => {
    const { doctor, emulator } = await tenantWithAda();
    const port = await foreignPort({ close: true });
    const outbound = { proxy: `http://127.0.0.1:${port}`, caFile: emulator.caFile };
    const diagnosis = await doctor({ outbound });
    expectTheFailure(
      diagnosis,
      `✗ hosts: the proxy 127.0.0.1:${port} does not answer (ECONNREFUSED)`,
      'means: all requests to Microsoft go through it',
      'to do: start the proxy, or correct outbound.proxy',
    );
    expect(diagnosis.stdout.match(/^– skipped: clock, credential, .* because "hosts" failed$/gm)).toHaveLength(1);
  });

  it('TLS that is intercepted by a CA that nobody knows', async () => {
    const { doctor, emulator } = await tenantWithAda();
    expectTheFailure(
      await doctor({ outbound: { proxy: emulator.proxy } }),
      /^✗ hosts: the certificate of login\.microsoftonline\.com and graph\.microsoft\.com is by an issuer that is not trusted: .*emulator CA \(.+\)/,
      'means: a proxy or firewall in between intercepts TLS',
      /to do: .* put the certificate of that CA in a PEM file and name it in outbound\.caFile/,
    );
  });

  it('a mailbox that nobody has', async () => {
    const { doctor } = await tenantWithAda();
    expectTheFailure(
      await doctor({ mounts: [{ mailbox: 'ada@contoso.com' }, { mailbox: 'nobody@contoso.com' }] }),
      /^✗ drive \/nobody: the OneDrive of "nobody@contoso\.com" cannot be opened: .*\(request-id .+\)/,
      'means: there is no such user',
      'to do: check the address in the mount nobody',
    );
  });

  it.each([
    [
      'a mailbox without licence',
      'no-licence',
      'the tenant has no SharePoint licence',
      'assign one that includes OneDrive',
    ],
    [
      'a OneDrive that was never provisioned',
      'no-mysite',
      'the user has no OneDrive yet',
      'assign a licence and let the user open OneDrive once, or run Request-SPOPersonalSite',
    ],
    [
      'the same in other words',
      'no-mysite-url',
      'the user has no OneDrive yet',
      'assign a licence and let the user open OneDrive once',
    ],
    [
      'the same with a page for an answer',
      'file-not-found',
      'the user has no OneDrive yet',
      'assign a licence and let the user open OneDrive once',
    ],
    ['a locked site', 'locked', 'its site is locked or archived', 'an administrator must unlock it'],
  ] as const)('%s', async (_title, drive, cause, cure) => {
    const { doctor, emulator } = await tenantWithAda();
    emulator.addMailbox({ upn: 'grace@contoso.com', drive });
    const diagnosis = await doctor({ mounts: [{ mailbox: 'grace@contoso.com' }, { mailbox: 'ada@contoso.com' }] });
    expectTheFailure(
      diagnosis,
      /^✗ drive \/grace: /,
      `means: ${cause}`,
      `to do: ${cure}`,
      'see:   https://learn.microsoft.com/',
    );
    expect(diagnosis.stdout).toMatch(/^– skipped: quota \/grace, read \/grace: /m);
    expect(diagnosis.stdout).toMatch(/^✓ read \/ada: /m);
  });

  it('a primary address that was changed: a warning where the drive is known, a failure where it is not', async () => {
    const { doctor, configure, ada } = await tenantWithAda();
    await serveOnce(await configure());
    ada.rename('ada.king@contoso.com');
    const known = await doctor();
    expect([known.code, known.failures]).toEqual([0, []]);
    const block = known.blocks.find(each => each.startsWith('! drive /ada'))!;
    expect(block).toContain('nobody is called ada@contoso.com any more');
    expect(block).toContain('belongs to Ada Lovelace <ada.king@contoso.com>');
    expect(block).toContain('means: the primary address was changed');
    expect(block).toContain('to do: write mailbox: ada.king@contoso.com and name: ada to the mount');
    expect(known.stdout).toMatch(/^✓ read \/ada: /m);
    expectTheFailure(
      await doctor({ dataDir: './another' }),
      '✗ drive /ada: there is no user ada@contoso.com, but a user with that mail address: ada.king@contoso.com',
      'means: the user principal name differs from the mail address, or was changed',
      'to do: write mailbox: ada.king@contoso.com and name: ada to the mount',
    );
  });

  it('an address that is somebody else’s now', async () => {
    const { doctor, configure, emulator, ada } = await tenantWithAda();
    await serveOnce(await configure());
    ada.rename('ada.king@contoso.com');
    emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada the Second' });
    expectTheFailure(
      await doctor(),
      /^✗ drive \/ada: .* that one belongs to Ada Lovelace <ada\.king@contoso\.com>/,
      'means: the address now belongs to somebody else',
      /to do: to keep that drive, write mailbox: ada\.king@contoso\.com and name: ada .* object id/,
    );
  });

  it('an account that was made anew', async () => {
    const { doctor, configure, emulator, ada } = await tenantWithAda();
    await serveOnce(await configure());
    ada.deleteUser({ drive: 'gone' });
    emulator.addMailbox({ upn: 'ada@contoso.com' });
    expectTheFailure(
      await doctor(),
      /^✗ drive \/ada: .* is not the drive that this mount serves; that drive was deleted/,
      'means: the account was created anew, or the address now belongs to somebody else',
      "to do: to serve the new one, write the new user's object id to mailbox",
    );
  });

  it('throttling, at the first sign of which nothing more is asked', async () => {
    const { doctor, emulator } = await tenantWithAda();
    emulator.setFault((_operation, { host }) =>
      host === 'graph.microsoft.com' ? { status: 429, retryAfter: '90' } : undefined,
    );
    const before = Date.now();
    const diagnosis = await doctor();
    expectTheFailure(
      diagnosis,
      /^✗ throttling: graph\.microsoft\.com throttles this application now, until \S+Z \(\d+ s\)/,
      "means: this application, or this machine's address, sent too many requests",
      'to do: wait until then. If it recurs: lower graph.maxConcurrentRequests',
    );
    const until = Date.parse(/until (\S+Z)/.exec(diagnosis.failures[0]!)![1]!);
    expect(until - before).toBeGreaterThanOrEqual(90_000);
    expect(until - Date.now()).toBeLessThanOrEqual(90_000);
    expect(emulator.calls.filter(({ status }) => status === 429)).toHaveLength(1);
    expect(diagnosis.stdout).toMatch(/^– skipped: .*drive \/ada, .*: because "throttling" failed$/m);
  });

  it('a full quota, and not that nothing can be written then', async () => {
    const { doctor, ada } = await tenantWithAda();
    await ada.put('/file', Buffer.alloc(2048));
    ada.setQuota(2048);
    const diagnosis = await doctor({}, '--write');
    expectTheFailure(
      diagnosis,
      '✗ quota /ada: the drive is full: 2.0 KiB of 2.0 KiB are used',
      'means: OneDrive refuses every upload (507)',
      'to do: delete files and empty the recycle bin',
    );
    expect(diagnosis.stdout).toMatch(/^– skipped: write \/ada: because "quota \/ada" failed$/m);
  });

  it('a data folder that cannot be written', async () => {
    const { doctor, folder } = await tenantWithAda();
    await writeFile(join(folder, 'file'), '');
    expectTheFailure(
      await doctor({ dataDir: './file/data' }),
      `✗ data folder: dataDir ${join(folder, 'file/data')} cannot be written`,
      'means: a part of the path is a file, not a folder',
      'to do: name a folder in dataDir',
    );
  });

  it('a port that somebody else has', async () => {
    const { doctor } = await tenantWithAda();
    const port = await foreignPort();
    expectTheFailure(
      await doctor({ listen: { port } }),
      new RegExp(`^✗ port: 127\\.0\\.0\\.1:${port} is in use by .+, which is not this server`),
      'means: the server cannot listen there',
      'to do: end that program, or set listen.port to another port',
    );
  });

  it('passwords over plain http on a public address', async () => {
    const { doctor } = await tenantWithAda();
    expectTheFailure(
      await doctor({ listen: { host: '0.0.0.0', port: 0 } }),
      '✗ plain http: the server listens on 0.0.0.0 with plain http, and no proxy with TLS is named',
      /means: passwords can be read in transit, and Windows' own client does not send one/,
      /to do: set listen\.tls; or put a proxy with TLS in front, name its https URL in publicUrls/,
    );
  });
});

/** Lets a server find the drive of the mount. */
async function serveOnce(file: string): Promise<void> {
  const app = await createApp(await loadConfig(file, {}), { log: createLog({ level: 'fatal' }) });
  const { url } = await app.start();
  const answer = await fetch(new URL('ada/', url), {
    method: 'PROPFIND',
    headers: { ...basic('ada', PASSWORD), depth: '0' },
  });
  expect(answer.status).toBe(207);
  await app.stop();
}
