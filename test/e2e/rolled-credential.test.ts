import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../src/app/app.ts';
import { Health } from '../../src/app/health.ts';
import { lookAtDisk } from '../../src/app/health-checks.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { makeCertificate } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { PASSWORD, PASSWORD_HASH } from '../support/passwords.ts';
import { basic } from '../support/raw-http.ts';
import { makeTempDir } from '../support/temp-dir.ts';

/** So many requests run at once. */
const CLIENTS = 8;

interface Logged {
  readonly level: number;
  readonly msg: string;
}

interface Rolling {
  readonly emulator: Emulator;
  readonly logged: readonly Logged[];
  readonly folder: string;
  /** Writes the file of the credential. */
  write(text: string): Promise<void>;
  /** Answers of `CLIENTS` requests at once, none of which can use a token that is there already. */
  load(): Promise<number[]>;
  page(name: string): Promise<string>;
}

/** A server whose credential is in a file. */
async function serve(kind: 'secret' | 'certificate', text: (emulator: Emulator) => string): Promise<Rolling> {
  const folder = await makeTempDir();
  const emulator = await createEmulator();
  await emulator.addMailbox({ upn: 'ada@contoso.com' }).put('/note.txt', 'a note');
  const file = join(folder.path, 'credential');
  const write = (content: string) => writeFile(file, content);
  await write(text(emulator));
  const { tenantId, clientId, proxy, caFile } = emulator;
  const config = {
    listen: { host: '127.0.0.1', port: 0 },
    dataDir: './data',
    outbound: { proxy, caFile },
    tenant: {
      ...{ tenantId, clientId, contentHosts: ['127.0.0.1'] },
      [kind === 'secret' ? 'clientSecretFile' : 'certificateFile']: 'credential',
    },
    mounts: [{ mailbox: 'ada@contoso.com', download: 'proxy' }],
    users: [{ name: 'ada', passwordHash: PASSWORD_HASH, mounts: '*' }],
  };
  await writeFile(join(folder.path, 'config.yaml'), JSON.stringify(config));
  const logged: Logged[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const app = await createApp(await loadConfig(join(folder.path, 'config.yaml'), {}), { log });
  const { url } = await app.start();
  onTestFinished(async () => {
    await app.stop();
    await emulator.close();
    await folder[Symbol.asyncDispose]();
  });
  let count = 0;
  const put = async () => {
    count += 1;
    const request = { method: 'PUT', headers: basic('ada', PASSWORD), body: `number ${count}` };
    return (await fetch(new URL(`ada/${count}.txt`, url), request)).status;
  };
  return {
    ...{ emulator, logged, folder: folder.path, write },
    load: async () => {
      // Graph refuses the token until the server has asked for another one.
      let isRenewed = false;
      emulator.setFault(operation => {
        isRenewed ||= operation === 'token';
        return isRenewed ? undefined : { status: 401 };
      });
      const statuses = await Promise.all(Array.from({ length: CLIENTS }, put));
      expect(isRenewed).toBe(true);
      return statuses;
    },
    page: async name => {
      const answer = await fetch(new URL(`-/${name}`, url));
      return `${answer.status} ${await answer.text()}`;
    },
  };
}

const ALL_SERVED = Array.from({ length: CLIENTS }, () => 201);
const errors = (logged: readonly Logged[]) => logged.filter(({ level }) => level >= 40).map(({ msg }) => msg);

describe('a client secret that is rolled', () => {
  const serveSecret = () => serve('secret', emulator => emulator.clientSecret);

  it('is read anew when Microsoft has removed the old one: no request fails', async () => {
    const { emulator, write, load, logged } = await serveSecret();
    expect(await load()).toEqual(ALL_SERVED);
    await write('rolled');
    emulator.setApplication({ clientSecret: 'rolled' });
    expect(await load()).toEqual(ALL_SERVED);
    expect(errors(logged)).toEqual([]);
  });

  it('is in its file before Microsoft knows it: the old one serves until then', async () => {
    const { emulator, write, load, logged } = await serveSecret();
    expect(await load()).toEqual(ALL_SERVED);
    await write('rolled');
    expect(await load()).toEqual(ALL_SERVED);
    emulator.setApplication({ clientSecret: 'rolled' });
    expect(await load()).toEqual(ALL_SERVED);
    expect(errors(logged)).toEqual([]);
  });

  it('stays the old one while its file is empty, which is logged once', async () => {
    const { write, load, logged } = await serveSecret();
    await write('');
    expect(await load()).toEqual(ALL_SERVED);
    expect(await load()).toEqual(ALL_SERVED);
    expect(errors(logged)).toEqual([
      'the credential cannot be read anew, and the old one stays: tenant.clientSecretFile: "credential" is empty',
    ]);
  });
});

describe('a certificate that is rolled', () => {
  it.each(['before', 'after'])('is in its file %s Microsoft accepts no other: no request fails', async order => {
    const [old, next] = await Promise.all([makeCertificate(), makeCertificate()]);
    const { emulator, write, load, logged } = await serve('certificate', given => {
      given.setApplication({ certificates: [old.certificate] });
      return old.certificate + old.key;
    });
    expect(await load()).toEqual(ALL_SERVED);
    const steps = [
      () => write(next.certificate + next.key),
      async () => emulator.setApplication({ certificates: [next.certificate] }),
    ];
    const isBefore = order === 'before';
    await steps[0]!();
    if (isBefore) {
      expect(await load()).toEqual(ALL_SERVED);
    }
    await steps[1]!();
    expect(await load()).toEqual(ALL_SERVED);
    expect(errors(logged)).toEqual([]);
  });

  it('stays the old one while its file is half-written', async () => {
    const [old, next] = await Promise.all([makeCertificate(), makeCertificate()]);
    const { write, load } = await serve('certificate', given => {
      given.setApplication({ certificates: [old.certificate] });
      return old.certificate + old.key;
    });
    await write((next.certificate + next.key).slice(0, next.certificate.length + 100));
    expect(await load()).toEqual(ALL_SERVED);
  });
});

describe('a wrong secret', () => {
  it('is an error line at start, makes the server not ready, and is cured without a restart', async () => {
    const { emulator, write, page, logged, load } = await serve('secret', () => 'wrong');
    await eventually(() => expect(errors(logged)).toHaveLength(1));
    expect(errors(logged)[0]).toMatch(/AADSTS7000215.*the client secret is wrong; copy the secret's Value/);
    expect(await page('readyz')).toBe('503 not ready: Microsoft refuses the credential\n');
    expect(await page('readyz?verbose')).toMatch(/^credential: failed since \S+Z: Microsoft refuses the credential$/m);
    expect(await page('healthz')).toBe('200 ok\n');
    await write(emulator.clientSecret);
    // Nobody asks for a file: the server tries again by itself.
    await eventually(async () => expect(await page('readyz')).toBe('200 ready\n'));
    expect(logged.filter(({ msg }) => msg.startsWith('credential is well again after'))).toHaveLength(1);
    expect(errors(logged)).toHaveLength(1);
    expect(await load()).toEqual(ALL_SERVED);
  });
});

describe('a data folder that cannot be written', () => {
  it('makes the server not ready', async () => {
    const { page, folder, logged } = await serve('secret', emulator => emulator.clientSecret);
    await eventually(async () => expect(await page('readyz?verbose')).toContain('state: ok'));
    const health = new Health({ log: pino({ level: 'silent' }), clock: systemClock });
    await rm(join(folder, 'data'), { recursive: true });
    await lookAtDisk(join(folder, 'data'), health, async () => true);
    expect(health.parts([])).toMatchObject([{ part: 'state', ok: false, reason: 'the data folder cannot be written' }]);
    expect(errors(logged)).toEqual([]);
  });
});
