import { copyFile, link, mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Secret } from '../lib/secret.ts';
import { SetupError } from './errors.ts';

/** Only the owner may read these files. */
const FILE_MODE = 0o600;
/** Of the folder beside the configuration where files are made before they are placed; a crash leaves it behind. */
export const STAGING_PREFIX = '.setup-';

/**
 * The files that setup writes beside the configuration; `*` is the part that differs. `.gitignore` and `.dockerignore`
 * must cover them (test/setup/ignored-files.test.ts).
 */
export const SECRET_FILES = [
  'client-secret.txt',
  'certificate-*.pem',
  'certificate-*.cer',
  'user-password.txt',
] as const;

type Named<Pattern> = Pattern extends `${infer Start}*${infer End}` ? `${Start}${string}${End}` : Pattern;
/** A name that {@link SECRET_FILES} covers: no other file compiles. */
export type SecretFileName = Named<(typeof SECRET_FILES)[number]>;

export interface NewFile<Name extends string = string> {
  /** In the folder of the configuration. */
  readonly name: Name;
  readonly content: Secret;
}

export type SecretFile = NewFile<SecretFileName>;

/** Returns the paths that already exist. */
export async function findExisting(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map(async path => ((await exists(path)) ? [path] : [])));
  return found.flat();
}

export interface PlaceOptions {
  /** Paths that may be overwritten. No other path is, not even one that appears meanwhile. */
  readonly replace: readonly string[];
  /** Checks the files in the given folder before they are placed; refuses them by throwing. */
  readonly verify?: (folder: string) => Promise<void>;
  /** Files that are already in place; `verify` sees them as well. */
  readonly present?: readonly string[];
}

/**
 * Writes each file beside its place and then moves it there, so that nobody ever sees a partial file. Places all files
 * or none: a failure restores the old ones. Throws SetupError when a place is taken.
 */
export async function placeFiles(
  folder: string,
  files: readonly NewFile[],
  { replace, present = [], verify = async () => {} }: PlaceOptions,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const places = files.map(({ name }) => ({ name, path: join(folder, name) }));
  await refuseFolders(places.map(({ path }) => path));
  const staging = await mkdtemp(join(folder, STAGING_PREFIX));
  const undo: (() => Promise<void>)[] = [];
  try {
    await stage(staging, files, { folder, present });
    await verify(staging);
    for (const { name, path } of places) {
      const kept = join(staging, `${name}.replaced`);
      const isKept = replace.includes(path) && (await keep(path, kept));
      await place(join(staging, name), path, isKept);
      undo.push(() => (isKept ? rename(kept, path) : rm(path, { force: true })));
    }
    return places.map(({ path }) => path);
  } catch (error) {
    await Promise.all(undo.map(step => step()));
    throw error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Lets `verify` see the files in a temporary folder; places none of them. */
export async function tryFiles(files: readonly NewFile[], verify: (folder: string) => Promise<void>): Promise<void> {
  const staging = await mkdtemp(join(tmpdir(), STAGING_PREFIX));
  try {
    await stage(staging, files, { folder: staging, present: [] });
    await verify(staging);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function stage(
  staging: string,
  files: readonly NewFile[],
  { folder, present }: { folder: string; present: readonly string[] },
): Promise<void> {
  for (const { name, content } of files) {
    await writeDurably(join(staging, name), content.reveal());
  }
  for (const name of present) {
    await copyFile(join(folder, name), join(staging, name));
  }
}

async function refuseFolders(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) {
      throw new SetupError(`${path} is a folder, so no file can be written there`);
    }
  }
}

/** Links the file at `path` to a second name, or copies it on a file system without links. False if there is none. */
async function keep(path: string, kept: string): Promise<boolean> {
  try {
    await link(path, kept);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return false;
    }
    await copyFile(path, kept);
  }
  return true;
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', FILE_MODE);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Places a file by a link: unlike a rename, it fails when the name is taken, even if only just now. */
async function place(from: string, to: string, replace: boolean): Promise<void> {
  if (replace) {
    await rename(from, to);
    return;
  }
  try {
    await link(from, to);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST' || (await exists(to))) {
      throw new SetupError(`${to} already exists; --force replaces it`, { cause });
    }
    // This file system does not support links.
    await rename(from, to);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
