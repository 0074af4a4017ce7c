import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { hashPassword } from '../../src/auth/passwords.ts';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { createDialogue } from '../../src/setup/flags-first.ts';
import type { SetupOptions } from '../../src/setup/options.ts';
import { runSetup, type SetupResult } from '../../src/setup/setup.ts';
import { decideConsent, type SeenPage } from './consent-browser.ts';
import { type MicrosoftClient, microsoftClient } from './microsoft-client.ts';
import { type Exchange, scriptedTerminal } from './scripted-terminal.ts';
import { makeTempDir } from './temp-dir.ts';

/** An application that nobody has consented to yet, registered as setup says. */
export const UNCONSENTED = { roles: [], redirectUris: ['http://localhost/consent'] };

export interface SetupRun {
  /** The questions and answers; undefined: there is no terminal. */
  readonly script?: readonly Exchange[];
  /** Flags besides those of the bench. */
  readonly options?: Partial<SetupOptions>;
  readonly clock?: Clock;
  readonly env?: Record<string, string>;
  /** The action of the person at the consent page. */
  readonly browse?: (url: string) => Promise<unknown>;
}

/** Setup in this process against an emulated tenant with two mailboxes, ada and grace. */
export interface SetupBench extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly microsoft: MicrosoftClient;
  readonly folder: string;
  /** The output of setup, and the lines shown while it waited. */
  readonly told: readonly string[];
  readonly shown: readonly string[];
  run(run?: SetupRun): Promise<SetupResult>;
  /** The error of a run that must fail. */
  failure(run?: SetupRun): Promise<Error>;
  /** Flags for the application and its secret. */
  known(): Promise<Partial<SetupOptions>>;
  accept(url: string): Promise<SeenPage>;
  cancel(url: string): Promise<SeenPage>;
  /** A path beside the configuration. */
  path(name: string): string;
  config(): Promise<ReturnType<typeof parse>>;
}

export async function openSetupBench(): Promise<SetupBench> {
  const folder = await makeTempDir();
  const emulator = await createEmulator();
  emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada Lovelace' });
  emulator.addMailbox({ upn: 'grace@contoso.com', displayName: 'Grace Hopper' });
  const microsoft = await microsoftClient(emulator);
  const told: string[] = [];
  const shown: string[] = [];
  const path = (name: string) => join(folder.path, 'etc', name);
  const run = async ({ script, options = {}, clock = systemClock, env = {}, browse }: SetupRun = {}) => {
    const terminal = script && scriptedTerminal(script);
    const result = await runSetup(
      {
        options: {
          config: path('config.yaml'),
          consentPort: 0,
          consentTimeout: 600,
          listen: { host: '127.0.0.1', port: 8080 },
          outboundProxy: emulator.proxy,
          caFile: emulator.caFile,
          ...options,
        },
        dialogue: createDialogue({
          terminal,
          takesDefaults: false,
          tell: text => void told.push(text),
          progress: { show: text => void shown.push(text), clear: () => {} },
        }),
        env,
        readInput: async () => '',
        openBrowser: browse && (async url => void (await browse(url))),
        hashPassword,
        clock,
      },
      new AbortController().signal,
    );
    expect(terminal?.left ?? []).toEqual([]);
    return result;
  };
  return {
    emulator,
    microsoft,
    folder: folder.path,
    told,
    shown,
    run,
    failure: async options => {
      const outcome = await run(options).catch((error: unknown) => error);
      expect(outcome).toBeInstanceOf(Error);
      return outcome as Error;
    },
    known: async () => {
      const clientSecretFile = join(folder.path, 'given.txt');
      await writeFile(clientSecretFile, emulator.clientSecret);
      return { cloud: 'global', tenant: emulator.tenantId, clientId: emulator.clientId, clientSecretFile };
    },
    accept: url => decideConsent(microsoft, url, 'accept'),
    cancel: url => decideConsent(microsoft, url, 'cancel'),
    path,
    config: async () => parse(await readFile(path('config.yaml'), 'utf8')),
    [Symbol.asyncDispose]: async () => {
      await microsoft.close();
      await emulator.close();
      await folder[Symbol.asyncDispose]();
      expect(emulator.violations).toEqual([]);
    },
  };
}
