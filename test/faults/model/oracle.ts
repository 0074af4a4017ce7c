import { checkGet, checkListing, checkRelock } from './check-answer.ts';
import type { Answer } from './client.ts';
import type {
  Condition,
  Delete,
  Get,
  Head,
  Lock,
  Mkcol,
  Options,
  Propfind,
  Proppatch,
  Put,
  Relock,
  Request,
} from './command.ts';
import { answersOf } from './faults.ts';
import { conflictOf, covering, isLocked, type Submission, tokensOf, withoutTree } from './locks.ts';
import { expectTransfer } from './transfer-oracle.ts';
import {
  cloneState,
  find,
  findParent,
  type ModelLock,
  type ModelNode,
  nameOf,
  newFile,
  newFolder,
  place,
  placeOf,
  type State,
  take,
} from './tree.ts';

/** The model's verdict on a request: either the reasons to refuse it, or its result. */
export interface Expected {
  /**
   * Every status that a refusal may have; no promise says which of several reasons the answer gives. Empty: the request
   * is done.
   */
  readonly refusals: readonly number[];
  /** Statuses that say that it was done. */
  readonly success: readonly number[];
  /** The state afterwards. */
  readonly next: State;
  /** The states that a failure may leave besides the old one and the new one. */
  readonly between: readonly State[];
  /** True when the request has a condition, so that 412 is an answer to a change by another client. */
  readonly hasCondition: boolean;
  /** Throws when the answer to a done request lacks a required part. */
  readonly check: (answer: Answer, hasFault: boolean) => void;
}

export function expectedOf(state: State, request: Request): Expected {
  switch (request.method) {
    case 'OPTIONS':
      return expectOptions(state, request);
    case 'GET':
    case 'HEAD':
      return expectGet(state, request);
    case 'PROPFIND':
      return expectPropfind(state, request);
    case 'PUT':
      return expectPut(state, request);
    case 'MKCOL':
      return expectMkcol(state, request);
    case 'DELETE':
      return expectDelete(state, request);
    case 'COPY':
    case 'MOVE':
      return expectTransfer(state, request);
    case 'PROPPATCH':
      return expectProppatch(state, request);
    case 'LOCK':
      return expectLock(state, request);
    case 'REFRESH':
    case 'UNLOCK':
      return expectRelock(state, request);
  }
}

type Reasons = readonly (readonly [status: number, applies: boolean])[];

/** Puts the parts of an answer together; `next` is made only for a done request. */
export function expected(
  state: State,
  reasons: Reasons,
  done: Pick<Expected, 'success'> &
    Partial<Pick<Expected, 'check' | 'hasCondition' | 'between'>> & { next?: () => State },
): Expected {
  const refusals = reasons.filter(([, applies]) => applies).map(([status]) => status);
  const { success, check = () => {}, hasCondition = false, between = [], next = () => state } = done;
  return { refusals, success, check, hasCondition, between, next: refusals.length === 0 ? next() : state };
}

/** A copy of the state, changed. */
export function changed(state: State, change: (next: State) => void): State {
  const next = cloneState(state);
  change(next);
  return next;
}

/** Returns true when a condition of RFC 9110 §13.1 fails for the current entry. */
function fails(condition: Condition | undefined, node: ModelNode | undefined): boolean {
  switch (condition) {
    case undefined:
      return false;
    case 'If-Match: current':
      // Of a folder no client knows a tag.
      return node?.kind !== 'file';
    case 'If-Match: "other"':
      return true;
    case 'If-None-Match: *':
    case 'If-None-Match: current':
      return node !== undefined;
  }
}

function expectOptions(state: State, _request: Options): Expected {
  return expected(state, [], { success: [200] });
}

function expectGet(state: State, request: Get | Head): Expected {
  const node = find(state, request.at);
  const condition = request.method === 'GET' ? request.condition : undefined;
  const isRevalidated = condition?.startsWith('If-None-Match') && node?.kind === 'file';
  const range = request.method === 'GET' ? request.range : undefined;
  const reasons: Reasons = [
    [404, node === undefined],
    [405, node?.kind === 'folder' && request.method === 'GET'],
    [304, isRevalidated === true],
    [412, condition === 'If-Match: "other"' && node?.kind === 'file'],
    [416, node?.kind === 'file' && isBeyond(range, node.content.length)],
  ];
  const success = range === undefined ? [200] : [206];
  const check = (answer: Answer) => node?.kind === 'file' && checkGet(request, node, answer);
  return expected(state, reasons, { success: node?.kind === 'file' && node.content === '' ? [200] : success, check });
}

/** Whether there is no byte at the beginning of the range; of an empty file all is sent, as Go and Apache do. */
function isBeyond(range: string | undefined, length: number): boolean {
  return range !== undefined && length > 0 && Number(range.split('-')[0]) >= length;
}

function expectPropfind(state: State, request: Propfind): Expected {
  const node = find(state, request.at);
  return expected(state, [[404, node === undefined]], {
    success: [207],
    check: answer => checkListing(request, node!, answer),
  });
}

function expectPut(state: State, request: Put): Expected {
  const { at, content, condition, mtime } = request;
  const node = find(state, at);
  const isOwnPlaceholder = condition === 'If-None-Match: *' && isPlaceholder(state, at, request);
  return expected(
    state,
    [
      [405, node?.kind === 'folder'],
      [409, findParent(state, at) === undefined],
      [412, !isOwnPlaceholder && fails(condition, node)],
      [423, isLocked(state, at, node === undefined ? 'new' : 'entry', request)],
    ],
    {
      success: node === undefined ? [201] : [204],
      hasCondition: condition !== undefined,
      next: () =>
        changed(state, next => {
          const name = node === undefined ? nameOf(at) : node.name;
          place(next, at, { ...newFile(name, content, mtime), properties: node?.properties ?? {} });
        }),
    },
  );
}

/**
 * davfs2 locks a free name, and then writes it with `If-None-Match: *`; to it the empty file of its lock is
 * still that name.
 */
function isPlaceholder(state: State, path: string, by: Submission): boolean {
  const node = find(state, path);
  return (
    node?.kind === 'file' &&
    covering(state, placeOf(path)).some(
      lock => by.tokens === 'own' && lock.client === by.client && lock.bornVersion === node.version,
    )
  );
}

function expectMkcol(state: State, request: Mkcol): Expected {
  const { at } = request;
  return expected(
    state,
    [
      [405, find(state, at) !== undefined],
      [409, findParent(state, at) === undefined],
      [423, isLocked(state, at, 'new', request)],
    ],
    { success: [201], next: () => changed(state, next => place(next, at, newFolder(nameOf(at)))) },
  );
}

function expectDelete(state: State, request: Delete): Expected {
  const { at, condition } = request;
  const node = find(state, at);
  return expected(
    state,
    [
      [404, node === undefined],
      [412, fails(condition, node)],
      [423, isLocked(state, at, 'gone', request)],
    ],
    {
      success: [204],
      hasCondition: condition !== undefined,
      next: () =>
        changed(state, next => {
          take(next, at);
          next.locks = withoutTree(next, at);
        }),
    },
  );
}

function expectProppatch(state: State, request: Proppatch): Expected {
  const { at, client, change } = request;
  const node = find(state, at);
  // Explorer sets times with or without its token: the user's own lock is enough.
  const isOwn = 'mtime' in change && covering(state, placeOf(at)).some(lock => lock.client === client);
  return expected(
    state,
    [
      [404, node === undefined],
      [423, !isOwn && isLocked(state, at, 'entry', request)],
    ],
    {
      success: [207],
      check: ({ body }) => {
        if (!body?.includes('HTTP/1.1 200')) {
          throw new Error(`the property was not taken: ${body}`);
        }
      },
      next: () => changed(state, next => applyProppatch(find(next, at)!, change)),
    },
  );
}

function applyProppatch(node: ModelNode, change: Proppatch['change']): void {
  if ('mtime' in change) {
    if (node.kind === 'file') {
      node.modified = change.mtime;
    }
  } else if ('set' in change) {
    node.properties.p = change.set;
  } else {
    delete node.properties.p;
  }
}

function expectLock(state: State, request: Lock): Expected {
  const { at } = request;
  const node = find(state, at);
  const by: Submission = { client: request.client, tokens: 'none' };
  const conflict = conflictOf(state, at, request);
  return expected(
    state,
    [
      [409, node === undefined && findParent(state, at) === undefined],
      [423, node === undefined && isLocked(state, at, 'new', by)],
      [423, conflict === 'here'],
      [207, conflict === 'below'],
    ],
    {
      success: node === undefined ? [201] : [200],
      // The lock itself is added by the runner: its token is in the answer.
      next: () => (node === undefined ? changed(state, next => place(next, at, newFile(nameOf(at), ''))) : state),
    },
  );
}

/** The lock that a refresh or an UNLOCK names: the first that reaches the place, or else any of theirs, or none. */
export function namedLock(state: State, { client, at, whose }: Relock): ModelLock | undefined {
  const theirs = tokensOf(state, { client, tokens: whose });
  const here = covering(state, placeOf(at));
  return theirs.find(lock => here.includes(lock)) ?? theirs[0];
}

function expectRelock(state: State, request: Relock): Expected {
  const { method, client, at } = request;
  const lock = namedLock(state, request);
  const reaches = lock !== undefined && covering(state, placeOf(at)).includes(lock);
  if (method === 'REFRESH') {
    const isGood = reaches && lock.client === client;
    return expected(state, [[412, !isGood]], { success: [200], check: answer => checkRelock(lock!, answer) });
  }
  return expected(
    state,
    [
      [409, !reaches],
      [403, reaches && lock.client !== client],
    ],
    { success: [204], next: () => ({ ...state, locks: state.locks.filter(each => each !== lock) }) },
  );
}

/** Statuses of any trouble between here and Microsoft. */
const TROUBLE: readonly number[] = [423, 502, 503, 504, 507];

/** Returns the fault of an answer; undefined when it is good. */
export function problemOf(request: Request, wanted: Expected, answer: Answer): string | undefined {
  const { fault } = request;
  const fine = wanted.refusals.length === 0 ? wanted.success : wanted.refusals;
  const trouble =
    fault === undefined ? [] : [...TROUBLE, ...answersOf(fault.name), ...(wanted.hasCondition ? [412] : [])];
  if (!fine.includes(answer.status)) {
    const words = `the answer is ${answer.status}, not ${fine.join(' or ')}: ${answer.body?.slice(0, 200)}`;
    return trouble.includes(answer.status) ? undefined : words;
  }
  try {
    if (wanted.refusals.length === 0) {
      wanted.check(answer, fault !== undefined);
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
