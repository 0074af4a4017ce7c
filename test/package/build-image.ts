import { cp, mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  type CopyParts,
  type ImageSettings,
  parseCopy,
  parseDockerfile,
  type Stage,
  settingsOf,
} from './dockerfile.ts';
import { type Mount, NODE, runInSandbox } from './sandbox.ts';

/** A root file system without what its base image brings, and how a container of it starts. */
export interface BuiltImage {
  /** Its top folders, such as app and data. */
  readonly root: string;
  readonly settings: ImageSettings;
}

/**
 * Runs the Dockerfile of `context` line by line: `RUN` in a sandbox with this machine's tools in place of the base
 * image, `COPY` by copying. It needs no daemon and no registry of images.
 */
export async function buildImage(context: string, folder: string): Promise<BuiltImage> {
  const stages = parseDockerfile(await readFile(join(context, 'Dockerfile'), 'utf8'));
  const roots = new Map<string, string>();
  for (const [index, stage] of stages.entries()) {
    const [, name = String(index)] = / AS (\w+)$/.exec(stage.base) ?? [];
    const root = join(folder, name);
    await runStage(stage, { root, sourceOf: from => (from === undefined ? context : roots.get(from)!) });
    roots.set(name, root);
  }
  const last = stages.at(-1)!;
  return { root: [...roots.values()].at(-1)!, settings: settingsOf(last) };
}

interface Build {
  readonly root: string;
  readonly sourceOf: (from: string | undefined) => string;
}

async function runStage({ instructions }: Stage, { root, sourceOf }: Build): Promise<void> {
  let cwd = '/';
  for (const { name, rest } of instructions) {
    if (name === 'WORKDIR') {
      cwd = rest;
      await mkdir(join(root, cwd), { recursive: true });
    } else if (name === 'COPY') {
      const parts = parseCopy(rest);
      await copy(parts, { source: sourceOf(parts.from), target: join(root, resolveInside(parts.target, cwd)) });
    } else if (name === 'RUN') {
      await runLine(rest, { root, cwd });
    }
  }
}

function resolveInside(path: string, cwd: string): string {
  return path.startsWith('/') ? path : join(cwd, path);
}

/** As Docker: a folder's contents go into the target, a file goes below a target that ends with a slash. */
async function copy({ sources, target }: CopyParts, paths: { source: string; target: string }): Promise<void> {
  for (const source of sources) {
    const isBelow = target.endsWith('/') && source.includes('.');
    const to = isBelow ? join(paths.target, basename(source)) : paths.target;
    await cp(join(paths.source, source), to, { recursive: true, verbatimSymlinks: true });
  }
}

async function runLine(line: string, { root, cwd }: { root: string; cwd: string }): Promise<void> {
  const mounts: Mount[] = [{ from: join(root, cwd), to: cwd, isWritable: true }];
  const env = { PATH: `${dirname(NODE)}:/usr/bin:/bin`, HOME: '/tmp' };
  const { code, stdout, stderr } = await runInSandbox(['/bin/sh', '-c', line], { mounts, cwd, env, isBuild: true });
  if (code !== 0) {
    throw new Error(`RUN ${line}\nended with ${code}:\n${stdout}\n${stderr}`);
  }
}
