import { basename, dirname, join, resolve } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { loadConfig } from '../config/load.ts';
import { Secret } from '../lib/secret.ts';
import { UsageError } from '../lib/usage-error.ts';
import { type Application, type ApplicationParts, establishApplication } from './application.ts';
import { checkFlags, explainByFlags } from './check-flags.ts';
import { partsOfFlags, tenantOf } from './config-parts.ts';
import { type ChosenMounts, renderConfig } from './config-text.ts';
import { readText, SECRET_FILE } from './credential.ts';
import type { Dialogue } from './dialogue.ts';
import { SetupError } from './errors.ts';
import { type FirstUser, makeFirstUser, PASSWORD_FILE } from './first-user.ts';
import { chooseMounts } from './mailboxes.ts';
import { maskHashes } from './mask.ts';
import { findExisting, type NewFile, placeFiles, type SecretFile, tryFiles } from './new-files.ts';
import type { SetupOptions } from './options.ts';
import { type ChosenPeople, choosePeople } from './people.ts';
import { ensureRights, type GrantedRights } from './rights.ts';
import { schemaLine } from './schema-line.ts';

export interface SetupParts extends Omit<ApplicationParts, 'outbound' | 'now' | 'onMade'> {
  readonly hashPassword: (password: string) => Promise<string>;
  readonly openBrowser: ((url: string) => Promise<void>) | undefined;
}

type StepParts = SetupParts & Pick<ApplicationParts, 'onMade'>;

export interface SetupResult {
  /** Absolute paths, the configuration first; with `--dry-run` the files that would have been written. */
  readonly files: readonly string[];
  /** Undefined where people sign in. */
  readonly user: FirstUser | undefined;
  readonly people: ChosenPeople | undefined;
  readonly mounts: ChosenMounts;
}

/**
 * Creates a working configuration: an application for which Microsoft issues tokens, consent, mailboxes, a first user.
 * A failure leaves no file behind, except a new certificate, which the error names. Throws UsageError, SetupError,
 * GraphError.
 */
export async function runSetup(parts: SetupParts, signal: AbortSignal): Promise<SetupResult> {
  const made: string[] = [];
  try {
    return await runSteps({ ...parts, onMade: file => made.push(file) }, signal);
  } catch (error) {
    throw made.length === 0 ? error : tellOfMade(signal.aborted ? signal.reason : error, made);
  }
}

/** Names the new certificates: one may already be in Entra, and the next run can go on with it. */
function tellOfMade(error: unknown, made: readonly string[]): Error {
  const message = error instanceof Error ? error.message : String(error);
  const ways = made.map(file => `\n  The new certificate is kept: continue with --certificate-file ${file}`);
  const Kind = error instanceof UsageError ? UsageError : SetupError;
  return new Kind(`${message}${ways.join('')}`, { cause: error });
}

async function runSteps(parts: StepParts, signal: AbortSignal): Promise<SetupResult> {
  const { options, dialogue, clock } = parts;
  const file = resolve(options.config);
  // Before the first question, so that nobody answers in vain.
  await checkFlags(options, dialogue);
  const replaceable = await askToReplace(expectedFiles(file, parts), options, dialogue);
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
    const { cloud, clientId, chosen } = registration;
    const people = await choosePeople(
      { options, dialogue, mounts, cloud, clientId, kind: chosen.kind, access },
      signal,
    );
    const user = people === undefined ? await makeFirstUser({ options, dialogue, mounts }) : undefined;
    const text = await writeDown({ application, rights, mounts, user, people }, parts);
    const files: SetupFiles = [
      { name: basename(file), content: new Secret(text) },
      ...registration.chosen.files,
      ...(user?.files ?? []),
    ];
    const place = { folder: dirname(file), replaceable, present: registration.chosen.present };
    return { files: await finish(files, place, parts), user, people, mounts };
  } finally {
    dialogue.progress.clear();
    await access.close();
  }
}

/** Returns the files that will be written, as far as the flags tell. */
function expectedFiles(file: string, { options, dialogue }: SetupParts): string[] {
  const isPasswordKept =
    !dialogue.isInteractive && options.userPasswordFile === undefined && options.signIn !== 'people';
  const others = [
    ...(options.clientSecretFile === '-' ? [SECRET_FILE] : []),
    ...(isPasswordKept ? [PASSWORD_FILE] : []),
  ];
  return [file, ...others.map(name => join(dirname(file), name))];
}

/** Returns the files that may be overwritten. Throws SetupError when an existing one may not. */
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
    if (!(await dialogue.confirm({ flag: '--force', ask: `${path} already exists. Replace it at the end?` }, false))) {
      throw new SetupError(`${path} already exists; --force replaces it, --config names another file`);
    }
  }
  return existing;
}

interface Findings {
  readonly application: Application;
  readonly rights: GrantedRights;
  readonly mounts: ChosenMounts;
  readonly user: FirstUser | undefined;
  readonly people: ChosenPeople | undefined;
}

async function writeDown(
  { application, rights, mounts, user, people }: Findings,
  { options, hashPassword, clock }: SetupParts,
): Promise<string> {
  const { cloud, tenantId, clientId, chosen } = application;
  const first = user && { name: user.name, passwordHash: await hashPassword(user.password.reveal()) };
  const text = renderConfig(
    {
      ...partsOfFlags(options),
      ...(people === undefined ? {} : { publicUrl: people.publicUrl }),
      tenant: tenantOf({ cloud, tenantId, clientId, keys: chosen.keys }, options),
      mounts,
      readOnly: rights.readOnly,
      user: first,
      people: people?.rule,
    },
    new Date(clock.now()),
  );
  return `${schemaLine(options.config)}\n${text}`;
}

type SetupFiles = readonly [config: NewFile, ...secrets: SecretFile[]];

interface Place {
  readonly folder: string;
  /** Paths that the user has allowed to overwrite. */
  readonly replaceable: readonly string[];
  readonly present: readonly string[] | undefined;
}

/** Writes all files at once, and only if the server itself would load them. */
async function finish(
  files: SetupFiles,
  { folder, replaceable, present }: Place,
  { options, dialogue, env }: SetupParts,
): Promise<string[]> {
  const [config, ...secrets] = files;
  const paths = files.map(({ name }) => join(folder, name));
  const verify = (staging: string) => loadStaged({ staged: join(staging, config.name), file: paths[0]! }, env);
  if (options.dryRun) {
    await tryFiles(files, verify);
    const others = paths.slice(1).map(path => `\nand ${path}, readable by its owner only`);
    dialogue.tell(`Would write ${paths[0]}:\n\n${maskHashes(config.content.reveal())}${others.join('')}`);
    return paths;
  }
  const unasked = paths.filter(path => !replaceable.includes(path));
  const replace = [...replaceable, ...(await askToReplace(unasked, options, dialogue))];
  if (!(await dialogue.confirm({ flag: '--yes', ask: `Write ${paths.join(', ')}?` }, true))) {
    throw new SetupError('given up: no configuration was written');
  }
  // The configuration last: once it exists, so do all files that it refers to.
  await placeFiles(folder, [...secrets, config], { replace, present, verify });
  dialogue.tell(`Written, readable by you only:\n${paths.map(path => `  ${path}`).join('\n')}`);
  return paths;
}

/** Loads it as the server would. An error names the final file, not the staged one. */
async function loadStaged({ staged, file }: { staged: string; file: string }, env: SetupParts['env']): Promise<void> {
  try {
    await loadConfig(staged, { ...env });
  } catch (error) {
    throw error instanceof ConfigError
      ? new SetupError(`${file} was not written:\n${explainByFlags(error)}`, { cause: error })
      : error;
  }
}
