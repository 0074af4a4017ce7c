import type { DriveHandle } from '../../../src/emulator/handles.ts';
import type { TestServer } from '../../support/test-server.ts';
import { bytesOf } from './command.ts';
import { foldName } from './names.ts';
import { below, MOUNTS, type State } from './tree.ts';

interface Seen {
  readonly name: string;
  /** Undefined for a folder. */
  readonly content: string | undefined;
  /** Unix seconds. */
  readonly modified: number;
}

/** What is really in both drives below the folder of a sequence, by folded path. */
export type Observed = ReadonlyMap<string, Seen>;

/** Contents are read once: their hashes say whether they are known. */
const contents = new Map<string, string>();

export async function observe({ mailboxes }: TestServer, folder: string): Promise<Observed> {
  const seen = new Map<string, Seen>();
  for (const mount of MOUNTS) {
    const drive = mailboxes[mount];
    const prefix = `/${folder}/`;
    for (const [path, { size, quickXorHash }] of Object.entries(drive.tree())) {
      const names = path.slice(prefix.length).split('/').filter(Boolean);
      if (path.startsWith(prefix) && names.length > 0) {
        const content = path.endsWith('/') ? undefined : await readOnce(drive, path, `${size}:${quickXorHash}`);
        const modified = Math.floor(drive.stat(path)!.modified.getTime() / 1000);
        seen.set([mount, ...names].map(foldName).join('/'), { name: names.at(-1)!, content, modified });
      }
    }
  }
  return seen;
}

async function readOnce(drive: DriveHandle, path: string, key: string): Promise<string> {
  const known = contents.get(key);
  const content = known ?? (await drive.read(path)).toString('latin1');
  contents.set(key, content);
  return content;
}

/** How the drives differ from the model, a line each; none when they are the same. */
export function differences(state: State, observed: Observed): string[] {
  const lines: string[] = [];
  const left = new Map(observed);
  for (const [key, node] of entriesOf(state)) {
    const seen = left.get(key);
    left.delete(key);
    if (seen === undefined) {
      lines.push(`${key} is not there`);
      continue;
    }
    const content = node.kind === 'file' ? bytesOf(node.content) : undefined;
    if (seen.content !== content) {
      lines.push(`${key} is ${shortened(seen.content)}, not ${shortened(content)}`);
    }
    if (node.name !== undefined && node.name !== seen.name.normalize('NFC')) {
      lines.push(`${key} is spelled ${JSON.stringify(seen.name)}, not ${JSON.stringify(node.name)}`);
    }
    if (node.kind === 'file' && node.modified !== undefined && node.modified !== seen.modified) {
      lines.push(`${key} has the time ${seen.modified}, not ${node.modified}`);
    }
  }
  return [...lines, ...[...left.keys()].map(key => `${key} is there`)];
}

/** Takes over the details that no promise covers: times that the drive has set, spellings of overwritten names. */
export function adopt(state: State, observed: Observed): void {
  for (const [key, node] of entriesOf(state)) {
    const { name, modified } = observed.get(key)!;
    node.name = name.normalize('NFC');
    if (node.kind === 'file') {
      node.modified = modified;
    }
  }
}

function* entriesOf(state: State) {
  for (const mount of MOUNTS) {
    for (const [names, node] of below(state.mounts[mount])) {
      yield [[mount, ...names].map(foldName).join('/'), node] as const;
    }
  }
}

function shortened(content: string | undefined): string {
  return content === undefined ? 'a folder' : `${content.length} bytes ${JSON.stringify(content.slice(0, 20))}`;
}
