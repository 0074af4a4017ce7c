import type { Transfer } from './command.ts';
import { isLocked, withoutMembers, withoutTree } from './locks.ts';
import { changed, type Expected, expected } from './oracle.ts';
import {
  below,
  find,
  findParent,
  type ModelNode,
  mountOf,
  nameOf,
  newVersion,
  type Path,
  place,
  placeOf,
  type State,
  take,
} from './tree.ts';

/** COPY and MOVE (RFC 4918 §9.8, §9.9): a target is replaced, never merged. */
export function expectTransfer(state: State, request: Transfer): Expected {
  const { method, at, to, overwrite } = request;
  const target = find(state, to);
  if (method === 'MOVE' && isSamePlace(at, to) && nameOf(at) !== nameOf(to)) {
    return expectRespelling(state, request);
  }
  return expected(
    state,
    [
      [404, find(state, at) === undefined],
      [403, isWithin(at, to) || isWithin(to, at)],
      [409, findParent(state, to) === undefined],
      [412, target !== undefined && !overwrite],
      ...lockReasons(state, request),
    ],
    {
      success: target === undefined ? [201] : [204],
      hasCondition: !overwrite,
      next: () => changed(state, next => transfer(next, request)),
      // Between mailboxes, a MOVE that fails to remove its source leaves a copy.
      between: isBetweenMounts(request) && method === 'MOVE' ? betweenStates(state, request) : [],
    },
  );
}

function betweenStates(state: State, request: Transfer): State[] {
  const isPossible = find(state, request.at) !== undefined && findParent(state, request.to) !== undefined;
  return isPossible ? [changed(state, next => transfer(next, { ...request, method: 'COPY', depth: 'infinity' }))] : [];
}

/** Another spelling of the same name is a rename, whatever Overwrite says. */
function expectRespelling(state: State, request: Transfer): Expected {
  const { at, to } = request;
  return expected(state, [[404, find(state, at) === undefined], ...lockReasons(state, request)], {
    success: [201],
    next: () =>
      changed(state, next => {
        find(next, at)!.name = nameOf(to);
        next.locks = withoutTree(next, at);
      }),
  });
}

function lockReasons(state: State, request: Transfer): (readonly [number, boolean])[] {
  const { method, at, to } = request;
  return [
    [423, method === 'MOVE' && isLocked(state, at, 'gone', request)],
    [423, isLocked(state, to, 'replaced', request)],
  ];
}

function transfer(next: State, request: Transfer): void {
  const { method, at, to, depth } = request;
  const source = find(next, at)!;
  const target = find(next, to);
  const copy = method === 'MOVE' && !isBetweenMounts(request) ? source : copyOf(source, request);
  if (method === 'COPY' && depth === '0' && copy.kind === 'folder') {
    copy.members = new Map();
  }
  // No promise says whose spelling stays when a file replaces another; the model reads the drive.
  copy.name = target?.kind === 'file' && copy.kind === 'file' && target.name !== nameOf(to) ? undefined : nameOf(to);
  if (method === 'MOVE') {
    take(next, at);
    next.locks = withoutTree(next, at);
  }
  place(next, to, copy);
  next.locks = withoutMembers(next, to);
}

/** A copy: other versions of the files, without times where Graph does the copying. */
function copyOf(source: ModelNode, request: Transfer): ModelNode {
  const copy = structuredClone(source);
  const nodes = [copy, ...[...below(copy)].map(([, node]) => node)];
  for (const node of nodes) {
    if (node.kind === 'file') {
      Object.assign(node, { version: newVersion() });
      node.modified = isBetweenMounts(request) ? node.modified : undefined;
    }
  }
  return copy;
}

export function isBetweenMounts({ at, to }: Pick<Transfer, 'at' | 'to'>): boolean {
  return mountOf(at) !== mountOf(to);
}

function isSamePlace(one: Path, other: Path): boolean {
  return placeOf(one).join('/') === placeOf(other).join('/');
}

function isWithin(path: Path, folder: Path): boolean {
  return `${placeOf(path).join('/')}/`.startsWith(`${placeOf(folder).join('/')}/`);
}
