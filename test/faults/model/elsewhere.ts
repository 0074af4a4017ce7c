import type { TestServer } from '../../support/test-server.ts';
import { bytesOf, type Elsewhere } from './command.ts';
import { changed } from './oracle.ts';
import {
  find,
  findParent,
  mountOf,
  nameOf,
  newFile,
  newFolder,
  type Path,
  place,
  placeOf,
  type State,
  take,
} from './tree.ts';

/** The state after a person's change in the drive itself; undefined when the change is impossible. */
export function afterElsewhere(state: State, { change, at, to, content }: Elsewhere): State | undefined {
  const node = find(state, at);
  const parent = findParent(state, at);
  switch (change) {
    case 'edit':
      if (parent === undefined || node?.kind === 'folder') {
        return undefined;
      }
      return changed(state, next => {
        const file = newFile(node?.name ?? nameOf(at), content);
        place(next, at, { ...file, properties: node?.properties ?? {} });
      });
    case 'mkdir':
      return parent === undefined || node !== undefined
        ? undefined
        : changed(state, next => place(next, at, newFolder(nameOf(at))));
    case 'remove':
      return node === undefined ? undefined : changed(state, next => take(next, at));
    case 'move':
      return canMove(state, at, to) ? changed(state, next => moveNode(next, at, to)) : undefined;
  }
}

/** Does it. */
export async function doElsewhere(server: TestServer, folder: string, { change, at, to, content }: Elsewhere) {
  const drive = server.mailboxes[mountOf(at)];
  const target = drivePath(folder, at);
  switch (change) {
    case 'edit':
      return drive.put(target, bytesOf(content));
    case 'mkdir':
      return drive.mkdir(target);
    case 'remove':
      return drive.remove(target);
    case 'move':
      return drive.move(target, drivePath(folder, to));
  }
}

function canMove(state: State, at: Path, to: Path): boolean {
  const isInside = `${placeOf(to).join('/')}/`.startsWith(`${placeOf(at).join('/')}/`);
  const hasRoom = find(state, to) === undefined && findParent(state, to) !== undefined;
  return find(state, at) !== undefined && hasRoom && !isInside && mountOf(at) === mountOf(to);
}

function moveNode(next: State, at: Path, to: Path): void {
  const node = find(next, at)!;
  take(next, at);
  node.name = nameOf(to);
  place(next, to, node);
}

function drivePath(folder: string, path: Path): string {
  return ['', folder, ...path.split('/').slice(1)].join('/');
}
