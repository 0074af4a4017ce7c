import { parsePasswordCost } from './password-cost.ts';

/** A user of a file in htpasswd's format. */
export interface FileUser {
  readonly name: string;
  /** A bcrypt hash, or an argon2id hash as a PHC string. */
  readonly passwordHash: string;
}

/** What is wrong with a line, and its cure. */
export interface LineProblem {
  readonly line: number;
  readonly message: string;
}

const MAX_NAME_LENGTH = 200;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** Rounds as a power of two: htpasswd takes no fewer than 4, and 14 need seconds. */
const [MIN_ROUNDS, MAX_ROUNDS] = [4, 14];
/** Hashes of htpasswd that a thief of the file would undo quickly, and those that reveal the password. */
const WEAK: readonly [begin: RegExp, kind: string][] = [
  [/^\$apr1\$/, 'an MD5 hash'],
  [/^\{SHA\}/, 'a SHA-1 hash'],
  [/^\$[156]\$/, 'a hash of crypt'],
  [/^[./A-Za-z0-9]{13}$/, 'a hash of crypt'],
];

/**
 * Reads the text of a file in the format of Apache's htpasswd: `name:hash` lines, empty lines, and comments that begin
 * with #. What follows a second colon is ignored, as Apache does. Only hashes that protect the passwords are accepted.
 */
export function parseUsersFile(text: string): { readonly users: FileUser[]; readonly problems: LineProblem[] } {
  const users = new Map<string, FileUser>();
  const problems: LineProblem[] = [];
  for (const [index, whole] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#')) {
      continue;
    }
    const [name = '', passwordHash = ''] = line.split(':');
    const objection =
      objectionToName(name) ??
      (users.has(name.toLowerCase()) ? `the user "${name}" is there twice; remove one of the lines` : undefined) ??
      objectionToHash(name, passwordHash);
    if (objection === undefined) {
      users.set(name.toLowerCase(), { name, passwordHash });
    } else {
      problems.push({ line: index + 1, message: objection });
    }
  }
  return { users: [...users.values()], problems };
}

function objectionToName(name: string): string | undefined {
  const isGood = name !== '' && name.length <= MAX_NAME_LENGTH && !/[\\\u0000-\u001f]/.test(name);
  return isGood
    ? undefined
    : `this is not "name:hash", where the name has at most ${MAX_NAME_LENGTH} characters and no "\\"`;
}

function objectionToHash(name: string, hash: string): string | undefined {
  const rounds = BCRYPT.exec(hash)?.[1];
  if (rounds !== undefined) {
    const isGood = Number(rounds) >= MIN_ROUNDS && Number(rounds) <= MAX_ROUNDS;
    const cure = `make it anew with "htpasswd -B -C 12 FILE ${name}"`;
    return isGood ? undefined : `the cost of the bcrypt hash of "${name}" is not from 4 to ${MAX_ROUNDS}; ${cure}`;
  }
  if (hash.startsWith('$argon2id$')) {
    const objection = parsePasswordCost(hash);
    return objection && `the hash of "${name}": ${objection}`;
  }
  const kind = WEAK.find(([begin]) => begin.test(hash))?.[1] ?? 'neither a bcrypt nor an argon2id hash';
  return `the password of "${name}" has ${kind}; make one with "htpasswd -B FILE ${name}" or the hash-password command`;
}
