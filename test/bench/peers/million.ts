import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { MALLOC, NODE_FLAGS } from '../../../src/cli/lean-process.ts';
import { itemId } from '../../../src/emulator/ids.ts';
import { rssOf } from './subjects.ts';
import { startProgram, untilSaid } from './world.ts';

export interface MillionOptions {
  /** Answers `/drives/…/children`, as Graph does. */
  readonly pages: string;
  readonly driveId: string;
  readonly folders: number;
  readonly members: number;
}

const MEMBERS = 1_000;
const DRIVE_ID = `b!${randomBytes(48).toString('base64url')}`;
const DRIVE_TAG = randomBytes(4);
const TYPES = [
  ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['jpg', 'image/jpeg'],
  ['pdf', 'application/pdf'],
] as const;

/** The resident memory in bytes of a server that knows so many items, a thousand to a folder. */
export async function memoryOfKnown(items: number): Promise<number> {
  const folders = items / MEMBERS;
  await using drive = await startDrive(folders);
  const main = fileURLToPath(new URL('./million-main.ts', import.meta.url));
  const options: MillionOptions = { pages: drive.url, driveId: DRIVE_ID, folders, members: MEMBERS };
  await using program = startProgram(process.execPath, [...NODE_FLAGS, main, JSON.stringify(options)], { env: MALLOC });
  await untilSaid(program, line => (line === 'known' ? line : undefined));
  return await rssOf(program.child.pid!);
}

/** Folders with files, as Graph lists them. */
async function startDrive(folders: number): Promise<AsyncDisposable & { readonly url: string }> {
  const root = itemId(DRIVE_TAG, randomUUID());
  const top = `/drives/${DRIVE_ID}/root:`;
  const known = Array.from({ length: folders }, (_, index) => ({
    ...wireItem(`Folder ${index}`, { id: root, path: top }),
    folder: { childCount: MEMBERS },
  }));
  const byId = new Map(known.map(({ id, name }) => [id, name]));
  const server = createServer(({ url = '' }, response) => {
    const id = /\/items\/(\w+)\/children/.exec(url)?.[1] ?? '';
    const name = byId.get(id);
    const value = name === undefined ? known : filesIn({ id, path: `${top}/${name}` });
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ value }));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => new Promise(resolve => server.close(() => resolve()).closeAllConnections()),
  };
}

interface Parent {
  readonly id: string;
  readonly path: string;
}

function filesIn(parent: Parent): object[] {
  return Array.from({ length: MEMBERS }, (_, index) => {
    const [ending, mimeType] = TYPES[index % TYPES.length]!;
    const item = wireItem(`Report number ${index}.${ending}`, parent);
    const quickXorHash = createHash('sha1').update(item.id).digest('base64');
    return { ...item, cTag: item.eTag.replace('"', '"c:'), file: { mimeType, hashes: { quickXorHash } } };
  });
}

function wireItem(name: string, { id: parentId, path }: Parent) {
  const guid = randomUUID();
  const time = new Date(1.7e12 + Math.floor(Math.random() * 1e11)).toISOString();
  const times = { createdDateTime: time, lastModifiedDateTime: time };
  return {
    ...{ id: itemId(DRIVE_TAG, guid), name, size: Math.floor(Math.random() * 1e7), ...times, fileSystemInfo: times },
    eTag: `"{${guid.toUpperCase()}},${1 + Math.floor(Math.random() * 20)}"`,
    parentReference: { driveType: 'business', driveId: DRIVE_ID, id: parentId, path },
  };
}
