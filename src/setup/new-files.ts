import { copyFile, link, mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Secret } from '../lib/secret.ts';
import { SetupError } from './errors.ts';

/** Only its owner may read what is written here. */
const FILE_MODE = 0o600;

export interface NewFile {
  /** In the folder of the configuration. */
  readonly name: string;
  readonly content: Secret;
}

/** Which of these are there already. */
export async function findExisting(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map(async path => ((await exists(path)) ? [path] : [])));
  return found.flat();
}

export interface PlaceOptions {
  /** Paths that may be overwritten. No other is, not even one that appears meanwhile. */
  readonly replace: readonly string[];
  /** Looks at the files before they are in their places, in the folder that it is given, and may refuse them. */
  readonly verify?: (folder: string) => Promise<void>;
  /** Files that are in their places already, which `verify` sees as well. */
  readonly present?: readonly string[];
}

/**
 * Writes the files whole, first beside their places and then into them, so that nobody ever sees a part of one; all of them, or none.
 * Throws SetupError when a place is taken.
 */
export async function placeFiles(
  folder: string,
  files: readonly NewFile[],
  { replace, present = [], verify = async () => {} }: PlaceOptions,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const staging = await mkdtemp(join(folder, '.setup-'));
  const placed: string[] = [];
  try {
    for (const { name, content } of files) {
      await writeDurably(join(staging, name), content.reveal());
    }
    for (const name of present) {
      await copyFile(join(folder, name), join(staging, name));
    }
    await verify(staging);
    for (const { name } of files) {
      const path = join(folder, name);
      await place(join(staging, name), path, replace.includes(path));
      placed.push(path);
    }
    return placed;
  } catch (error) {
    // All or nothing; what was replaced cannot be brought back.
    await Promise.all(placed.filter(path => !replace.includes(path)).map(path => rm(path, { force: true })));
    throw error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
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

/** A link, unlike a renaming, fails when the name is taken. */
async function place(from: string, to: string, replace: boolean): Promise<void> {
  if (replace) {
    await rename(from, to);
    return;
  }
  try {
    await link(from, to);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST' || (await exists(to))) {
      throw new SetupError(`${to} is there already; --force replaces it`, { cause });
    }
    // This file system knows no links.
    await rename(from, to);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
