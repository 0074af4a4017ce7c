import type { Fault } from '../../src/emulator/emulator.ts';
import { FAULTS, type FaultTarget } from '../../src/emulator/fault-catalogue.ts';

/** A fault of the catalogue as the matrix crosses it with requests. */
export interface MatrixFault {
  readonly name: string;
  /** Whether it can happen to that operation. */
  readonly meets: (operation: string) => boolean;
  readonly make: () => Fault;
  /** Nothing comes any more: the cell ends when its client leaves. */
  readonly hangs: boolean;
  /**
   * Other bytes reach the client. TLS keeps them whole on their way, and nothing but a hash of all of them tells these
   * from the file's: a client that compares hashes sees it, and so does a transfer between mounts.
   */
  readonly isUnseen: boolean;
  /** The request is carried out all the same. */
  readonly isDone: boolean;
  /** Statuses that a client may get because of it, besides 502, 503 and 504. */
  readonly answers: readonly number[];
}

const CONTENT: readonly string[] = ['download', 'driveItem-get-content', 'thumbnail'];
const UPLOAD: readonly string[] = [
  ...['driveItem-put-content', 'upload-fragment', 'upload-session-status', 'upload-session-cancel'],
  'upload-session-commit',
];

function targetOf(operation: string): FaultTarget {
  if (operation === 'token') {
    return 'token';
  }
  if (CONTENT.includes(operation)) {
    return 'content';
  }
  return UPLOAD.includes(operation) ? 'upload' : 'json';
}

/** What Graph may truly say of a file reaches the client as itself: refused, held by somebody, full. */
const ANSWERS: Readonly<Record<string, readonly number[]>> = {
  'error-400': [400, 403],
  'error-403': [403],
  'error-409-conflict': [423],
  'error-409-checked-out': [423],
  'error-412': [412, 423],
  'error-423': [423],
  'error-507': [507],
  // Graph's own word on a name that nobody knew of is believed: it is not there, and can be made.
  'absent-item-not-found': [404, 409, 201],
  // 405 as well: a folder that Graph says it has not made, and then says is there, is there.
  'done-404': [404, 405, 409, 201],
  // A folder was to be made and is there.
  'lie-201-empty': [201],
};

/** DELETE answers 204 when it is done: such a lie cannot be distinguished from the truth. */
function isTruth(name: string, operation: string): boolean {
  return name === 'lie-204' && (operation === 'driveItem-delete' || operation === 'upload-session-cancel');
}

export const MATRIX_FAULTS: readonly MatrixFault[] = Object.entries(FAULTS).map(([name, fault]) => ({
  name,
  meets: operation => fault.targets.includes(targetOf(operation)) && !isTruth(name, operation),
  make: () => fault(),
  hangs: fault.hangs,
  isUnseen: name === 'corrupt',
  isDone: fault.done === 'yes',
  answers: ANSWERS[name] ?? [],
}));
