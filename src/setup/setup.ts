import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { Secret } from '../lib/secret.ts';
import { type Application, type ApplicationParts, establishApplication } from './application.ts';
import { type ChosenMounts, renderConfig } from './config-text.ts';
import { readText } from './credential.ts';
import type { Dialogue } from './dialogue.ts';
import { SetupError, UsageError } from './errors.ts';
import { type FirstUser, makeFirstUser } from './first-user.ts';
import { chooseMounts, MOUNT_FLAGS, saysWhatToMount } from './mailboxes.ts';
import { findExisting, type NewFile, placeFiles } from './new-files.ts';
import type { SetupOptions } from './options.ts';
import { ensureRights, type GrantedRights } from './rights.ts';

export interface SetupParts extends Omit<ApplicationParts, 'outbound' | 'now'> {
  readonly hashPassword: (password: string) => Promise<string>;
  readonly openBrowser: ((url: string) => Promise<void>) | undefined;
}

export interface SetupResult {
  /** Absolute paths, the configuration first; what would have been written with `--dry-run`. */
  readonly files: readonly string[];
  readonly user: FirstUser;
  readonly mounts: ChosenMounts;
}

/**
 * From nothing to a configuration that serves: an application that Microsoft gives tokens to, consent, mailboxes, a first user. Whatever goes
 * wrong before the end leaves no file behind, but for a certificate that was made. Throws UsageError, SetupError, GraphError.
 */
export async function runSetup(parts: SetupParts, signal: AbortSignal): Promise<SetupResult> {
  const { options, dialogue, clock } = parts;
  const file = resolve(options.config);
  await checkFlags(options, dialogue);
  // Before anything is asked, so that nobody answers in vain.
  const replaceable = await askToReplace([file], options, dialogue);
  const { outboundProxy: proxy, caFile, authorityHost, graphUrl } = options;
  const caPem = caFile === undefined ? undefined : await readText(caFile, '--ca-file');
  const application = await establishApplication(
    { ...parts, outbound: { proxy, caPem, authorityHost, graphUrl }, now: () => clock.now() },
    signal,
  );
  const { access, roles, ...registration } = application;
  try {
    const credential = registration.chosen.credentialOf(registration.clientId);
    const rights = await ensureRights(
      { ...parts, access, registration: { ...registration, credential } },
      { roles, signal },
    );
    const mounts = await chooseMounts({ call: access.graph.call, rights, options, dialogue }, signal);
    const user = await makeFirstUser({ options, dialogue, mounts });
    const text = await writeDown({ application, rights, mounts, user }, parts);
    const files = [
      { name: relative(dirname(file), file), content: new Secret(text) },
      ...registration.chosen.files,
      ...user.files,
    ];
    const place = { folder: dirname(file), replaceable, present: registration.chosen.present };
    return { files: await finish(files, place, parts), user, mounts };
  } finally {
    dialogue.progress.clear();
    await access.close();
  }
}

/** What would stop it at the end may as well stop it now. */
async function checkFlags(options: SetupOptions, { isInteractive }: Dialogue): Promise<void> {
  if (!isInteractive && !saysWhatToMount(options)) {
    throw new UsageError(
      `${MOUNT_FLAGS} is missing, and there is no terminal to ask at: whose OneDrives are to be mounted?`,
    );
  }
  if (options.userPasswordFile !== undefined) {
    await readText(options.userPasswordFile, '--user-password-file');
  }
}

/** Those of the files that may be written over. Throws SetupError when one is there and may not. */
async function askToReplace(
  paths: readonly string[],
  { force, dryRun }: SetupOptions,
  dialogue: Dialogue,
): Promise<readonly string[]> {
  if (force || dryRun) {
    return paths;
  }
  const existing = await findExisting(paths);
  for (const path of existing) {
    if (
      !(await dialogue.confirm({ flag: '--force', ask: `${path} is there already. Replace it at the end?` }, false))
    ) {
      throw new SetupError(`${path} is there already; --force replaces it, --config names another place`);
    }
  }
  return existing;
}

interface Findings {
  readonly application: Application;
  readonly rights: GrantedRights;
  readonly mounts: ChosenMounts;
  readonly user: FirstUser;
}

async function writeDown(
  { application, rights, mounts, user }: Findings,
  { options, hashPassword, clock }: SetupParts,
): Promise<string> {
  const { cloud, tenantId, clientId, chosen } = application;
  const { authorityHost, graphUrl, contentHost = [] } = options;
  const tenant = {
    ...(cloud === 'global' ? {} : { cloud }),
    tenantId,
    ...(clientId === '' ? {} : { clientId }),
    ...chosen.keys,
    ...(authorityHost === undefined ? {} : { authorityHost }),
    ...(graphUrl === undefined ? {} : { graphUrl }),
    ...(contentHost.length === 0 ? {} : { contentHosts: contentHost }),
  };
  return renderConfig(
    {
      listen: options.listen,
      publicUrl: options.publicUrl,
      dataDir: options.dataDir === undefined ? undefined : besideConfig(options.dataDir, options),
      outbound: {
        proxy: options.outboundProxy,
        caFile: options.caFile === undefined ? undefined : resolve(options.caFile),
      },
      tenant,
      mounts,
      readOnly: rights.readOnly,
      user: { name: user.name, passwordHash: await hashPassword(user.password.reveal()) },
    },
    new Date(clock.now()),
  );
}

/** Relative paths of a configuration are relative to its file; those of a command line are not. */
function besideConfig(path: string, { config }: SetupOptions): string {
  const way = relative(dirname(resolve(config)), resolve(path));
  return way.startsWith('..') || isAbsolute(way) ? resolve(path) : `./${way}`;
}

interface Place {
  readonly folder: string;
  /** Paths that have been asked about. */
  readonly replaceable: readonly string[];
  readonly present: readonly string[] | undefined;
}

/** Writes everything at once, and only what the server itself would load. */
async function finish(
  files: readonly NewFile[],
  { folder, replaceable, present }: Place,
  { options, dialogue, env }: SetupParts,
): Promise<string[]> {
  const [config, ...secrets] = files as [NewFile, ...NewFile[]];
  const paths = files.map(({ name }) => join(folder, name));
  if (options.dryRun) {
    const others = paths.slice(1).map(path => `\nand ${path}, which only its owner may read`);
    dialogue.tell(`Would write ${paths[0]}:\n\n${maskHashes(config.content.reveal())}${others.join('')}`);
    return paths;
  }
  const replace = [...replaceable, ...(await askToReplace(paths.slice(1), options, dialogue))];
  if (!(await dialogue.confirm({ flag: '--yes', ask: `Write ${paths.join(', ')}?` }, true))) {
    throw new SetupError('given up: no configuration was written');
  }
  // The configuration last: where it is, all that it refers to is, too.
  await placeFiles(folder, [...secrets, config], {
    replace,
    present,
    verify: async staging => {
      await loadConfig(join(staging, config.name), { ...env });
    },
  });
  dialogue.tell(`Written, readable by you only:\n${paths.map(path => `  ${path}`).join('\n')}`);
  return paths;
}

function maskHashes(text: string): string {
  return text.replaceAll(/(passwordHash: ).*/g, '$1"…"');
}
