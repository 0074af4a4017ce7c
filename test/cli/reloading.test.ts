import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ReloadResult } from '../../src/app/app.ts';
import { ConfigSource } from '../../src/cli/config-source.ts';
import { Reloading } from '../../src/cli/reloading.ts';
import type { Config } from '../../src/config/load.ts';
import { eventually } from '../support/eventually.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const NOTHING: ReloadResult = { changed: [], needRestart: [] };
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) {
    await stop();
  }
});

const configWith = (more: object = {}) =>
  JSON.stringify({
    tenant: { tenantId: 't', clientId: 'c', clientSecretFile: 'secret.txt' },
    mounts: [{ mailbox: 'ada@contoso.com' }],
    users: [{ name: 'ada', passwordHash: PASSWORD_HASH, mounts: '*' }],
    ...more,
  });

/** A folder with a configuration, and an app that notes with what it is reloaded. */
async function watching(first = configWith(), file = 'config.yaml') {
  const folder = await makeTempDir();
  stops.push(async () => folder[Symbol.asyncDispose]());
  const path = (name: string) => join(folder.path, name);
  await writeFile(path('secret.txt'), 'secret');
  await writeFile(path('config.yaml'), first);
  const source = new ConfigSource(path(file), { env: {} });
  const reloads: Config[] = [];
  const said: string[] = [];
  const told: string[] = [];
  let failures = 0;
  let result: ReloadResult | Error = NOTHING;
  const say = (level: string) => (fields: unknown, message?: unknown) =>
    void said.push(`${level} ${String(message ?? fields)}`);
  const reloading = new Reloading({
    source,
    config: await source.load(),
    app: {
      reload: async config => {
        reloads.push(config);
        if (result instanceof Error) {
          throw result;
        }
        return result;
      },
      reloadFailed: () => {
        failures += 1;
      },
    },
    log: { info: say('info'), warn: say('warn'), error: say('error') } as never,
    manager: async state => void told.push(state),
  });
  stops.push(() => reloading.stop());
  reloading.start();
  return {
    ...{ path, reloads, said, told, reloading, source },
    failures: () => failures,
    answer: (next: ReloadResult | Error) => {
      result = next;
    },
    read: (count: number) => eventually(() => expect(reloads.length).toBe(count)),
  };
}

const REALM = { auth: { realm: 'Other' } };

describe('the service manager', () => {
  it('hears that a reload begins, and that the server is ready, also when the configuration is bad', async () => {
    const { path, told, reloading } = await watching();
    await reloading.now();
    expect(told.splice(0)).toEqual(['RELOADING=1', 'READY=1']);
    await writeFile(path('config.yaml'), '{');
    await expect(reloading.now()).rejects.toThrow();
    expect(told.slice(0, 2)).toEqual(['RELOADING=1', 'READY=1']);
  });
});

describe('the files of a configuration are read again', () => {
  it('also when a command has looked at it first', async () => {
    const { path, reloads, read, source } = await watching();
    await writeFile(path('config.yaml'), configWith(REALM));
    expect((await source.peek()).auth.realm).toBe('Other');
    await read(1);
    expect(reloads[0]!.auth.realm).toBe('Other');
  });

  it('when the file is written', async () => {
    const { path, reloads, read, said } = await watching();
    await writeFile(path('config.yaml'), configWith(REALM));
    await read(1);
    expect(reloads[0]!.auth.realm).toBe('Other');
    expect(said).toEqual(['info the configuration has been read again; nothing has changed']);
  });

  it('when another file is renamed over it', async () => {
    const { path, reloads, read } = await watching();
    await writeFile(path('new.yaml'), configWith(REALM));
    await rename(path('new.yaml'), path('config.yaml'));
    await read(1);
    expect(reloads[0]!.auth.realm).toBe('Other');
  });

  it('when a secret that it names changes', async () => {
    const { path, reloads, read } = await watching();
    await writeFile(path('secret.txt'), 'another');
    await read(1);
    const { credential } = reloads[0]!.tenants[0]!;
    expect(credential.kind === 'secret' && credential.secret.reveal()).toBe('another');
  });

  it('when the folder behind a symbolic link is swapped, as Kubernetes does', async () => {
    const folder = await makeTempDir();
    stops.push(async () => folder[Symbol.asyncDispose]());
    const path = (name: string) => join(folder.path, name);
    for (const [name, more] of Object.entries({ one: {}, two: REALM })) {
      await mkdir(path(name));
      await writeFile(path(`${name}/secret.txt`), 'secret');
      await writeFile(path(`${name}/config.yaml`), configWith(more));
    }
    await symlink('one', path('..data'));
    await symlink('..data/config.yaml', path('config.yaml'));
    await symlink('..data/secret.txt', path('secret.txt'));
    const source = new ConfigSource(path('config.yaml'), { env: {} });
    const realms: string[] = [];
    const reload = async ({ auth }: Config) => {
      realms.push(auth.realm);
      return NOTHING;
    };
    const log = { info: () => {}, warn: () => {}, error: () => {} } as never;
    const app = { reload, reloadFailed: () => {} };
    const reloading = new Reloading({ source, config: await source.load(), app, log });
    stops.push(() => reloading.stop());
    reloading.start();
    await symlink('two', path('..new'));
    await rename(path('..new'), path('..data'));
    await eventually(() => expect(realms).toEqual(['Other']));
  });

  it('not with reload.watch: false, until somebody asks', async () => {
    const { path, reloads, read, reloading } = await watching();
    await writeFile(path('config.yaml'), configWith({ reload: { watch: false } }));
    await read(1);
    await writeFile(path('config.yaml'), configWith(REALM));
    // Two files are looked at in the same turns: what is watched is seen, what is not is not.
    const other = await watching();
    await writeFile(other.path('config.yaml'), configWith(REALM));
    await other.read(1);
    expect(reloads.length).toBe(1);
    await reloading.now();
    expect(reloads[1]!.auth.realm).toBe('Other');
  });
});

describe('a bad configuration', () => {
  it('is reported in one line that says what and where, and is read again at its next change', async () => {
    const { path, reloads, read, said, failures } = await watching();
    await writeFile(path('config.yaml'), configWith().slice(0, 60));
    await eventually(() => expect(said.length).toBe(1));
    expect(said[0]).toMatch(
      /^error the configuration cannot be reloaded, and the running one stays: .*config\.yaml:1: /,
    );
    expect(said[0]).not.toContain('\n');
    expect([failures(), reloads.length]).toEqual([1, 0]);
    await writeFile(path('config.yaml'), configWith(REALM));
    await read(1);
  });

  it('that lacks a file is read again when the file comes', async () => {
    const { path, read, said } = await watching();
    const tenant = { tenantId: 't', clientId: 'c', clientSecretFile: 'new.txt' };
    await writeFile(path('config.yaml'), configWith({ tenant }));
    await eventually(() => expect(said.join()).toContain('cannot read "new.txt"'));
    await writeFile(path('new.txt'), 'secret');
    await read(1);
  });

  it('with a bad users file is read again when that is mended, and then leaves the file to the server', async () => {
    const { path, reloads, read, said } = await watching();
    await writeFile(path('users'), 'nonsense');
    await writeFile(path('config.yaml'), configWith({ auth: { usersFile: { path: 'users', mounts: '*' } } }));
    await eventually(() => expect(said.join()).toContain('line 1 of "users"'));
    await writeFile(path('users'), `bob:${PASSWORD_HASH}\n`);
    await read(1);
    await writeFile(path('users'), 'nonsense again');
    await writeFile(path('config.yaml'), configWith(REALM));
    await read(2);
    expect([reloads[1]!.auth.realm, said.length]).toEqual(['Other', 3]);
  });

  it('is one that is gone', async () => {
    const { path, read, said } = await watching();
    await rm(path('config.yaml'));
    await eventually(() => expect(said.join()).toContain('cannot read the file'));
    await writeFile(path('config.yaml'), configWith(REALM));
    await read(1);
  });

  it('rejects for those who asked', async () => {
    const { answer, reloading, said } = await watching();
    answer(new Error('the server is stopping'));
    await expect(reloading.now()).rejects.toThrow('stopping');
    expect(said).toEqual([
      'error the configuration cannot be reloaded, and the running one stays: the server is stopping',
    ]);
  });
});

describe('the log of a reload', () => {
  it('names what has changed, and what needs a restart', async () => {
    const { answer, reloading, said } = await watching();
    answer({ changed: ['users'], needRestart: ['dataDir', 'listen.port'] });
    await reloading.now();
    expect(said).toEqual([
      'info the configuration has been reloaded',
      'warn dataDir, listen.port need a restart: until then the old values are in use',
    ]);
  });
});
