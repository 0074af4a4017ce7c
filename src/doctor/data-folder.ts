import { randomUUID } from 'node:crypto';
import { access, constants, open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatBytes } from '../lib/byte-size.ts';
import type { StateHealth, StateProblem } from '../state/state-look.ts';
import type { Check, Finding } from './check.ts';
import { findFileHolders, type Holder } from './file-holders.ts';

export interface DataFolderParts {
  readonly dataDir: string;
  readonly lookAtState: () => StateHealth;
  /** Throws what the file system says. The real one unless a test has another. */
  readonly probe?: (folder: string) => Promise<void>;
}

/** Below this an upload without a length, which is spooled, is soon in trouble. */
const MIN_FREE_BYTES = 1024 ** 3;

const STATE_PROBLEMS: Record<StateProblem, Pick<Finding, 'means' | 'cure'>> = {
  newer: {
    means: 'a newer release wrote the state, and this one does not understand it: the server does not start',
    cure: 'run the newer release, or name another folder in dataDir',
  },
  unreleased: {
    means: 'a version before the first release wrote the state: the server does not start',
    cure: 'move state.sqlite out of dataDir; locks, properties and kept files in it are lost, no file in OneDrive is',
  },
  locked: {
    means: 'another program holds the state locked, a backup for instance: the server cannot work meanwhile',
    cure: 'let that program end; copy the folder while the server is stopped, or with a tool that knows SQLite',
  },
  unreadable: {
    means: 'the folder can be written, and its file not opened, by this user',
    cure: 'run doctor as the user that runs the server; if it is that user, give it the file',
  },
  broken: {
    means: 'the file of the state is damaged',
    cure: 'stop the server and run "onedrive-webdav state repair", which saves what can be read; or put a backup of dataDir back',
  },
};

/** The folder of `dataDir`: can the server write there, and does nobody else? */
export function dataFolderCheck({ dataDir, lookAtState, probe = probeFolder }: DataFolderParts): Check {
  return {
    name: 'data-folder',
    run: async () => {
      const problem = await probe(dataDir).then(
        () => undefined,
        (error: NodeJS.ErrnoException) => error,
      );
      if (problem !== undefined) {
        return [explainProblem(dataDir, problem)];
      }
      const { file, problem: stateProblem } = lookAtState();
      if (stateProblem !== undefined) {
        return [{ level: 'failure', saw: `the state in ${file} cannot be used`, ...STATE_PROBLEMS[stateProblem] }];
      }
      return [describeUse(dataDir, (await findFileHolders(file)) ?? []), ...(await warnOfSpace(dataDir))];
    },
  };
}

/** Writes a file and removes it; where there is no folder yet, finds out whether it can be made. */
async function probeFolder(folder: string): Promise<void> {
  const made = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') {
      throw error;
    }
  });
  if (made === undefined) {
    await probeParent(dirname(folder));
    return;
  }
  const file = join(folder, `.doctor-${randomUUID()}`);
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.close();
  } finally {
    await rm(file, { force: true });
  }
}

async function probeParent(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') {
      throw error;
    }
  });
  if (found === undefined) {
    await probeParent(dirname(folder));
    return;
  }
  await access(folder, constants.W_OK | constants.X_OK);
}

function explainProblem(dataDir: string, { code = '', message }: NodeJS.ErrnoException): Finding {
  const level = 'failure';
  const saw = `dataDir ${dataDir} cannot be written${asUser()}: ${code || message}`;
  switch (code) {
    case 'EROFS':
      return {
        level,
        saw,
        means: 'the file system is mounted read-only',
        cure: 'mount a writable volume there, or name another folder in dataDir',
      };
    case 'ENOTDIR':
    case 'EEXIST':
      return {
        level,
        saw,
        means: 'a part of the path is a file, not a folder',
        cure: 'name a folder in dataDir',
      };
    case 'ENOSPC':
    case 'EDQUOT':
      return { level, saw, means: 'the disk is full', cure: 'make room, or name a folder on another disk in dataDir' };
    default:
      return {
        level,
        saw,
        means: 'the server keeps locks, properties and uploads that wait there, and does not start without it',
        cure: 'make the folder writable for the user that runs the server, or name another one in dataDir',
      };
  }
}

function describeUse(dataDir: string, holders: readonly Holder[]): Finding {
  const saw = `dataDir ${dataDir} can be written${asUser()}`;
  const [holder, ...others] = holders;
  if (holder === undefined) {
    return { level: 'ok', saw };
  }
  const names = holders.map(({ pid, command }) => `process ${pid} (${command})`).join(' and ');
  return others.length === 0
    ? { level: 'ok', saw: `${saw}; ${names} uses it, as a running server does` }
    : {
        level: 'failure',
        saw: `${names} use ${dataDir} at once`,
        means: "one data folder is for one server: two would not know of each other's locks and uploads",
        cure: 'stop all but one of them, or give each a dataDir of its own',
      };
}

async function warnOfSpace(dataDir: string): Promise<Finding[]> {
  const space = await statfs(dataDir).catch(() => undefined);
  const free = space === undefined ? Number.POSITIVE_INFINITY : space.bavail * space.bsize;
  return free >= MIN_FREE_BYTES
    ? []
    : [
        {
          level: 'warning',
          saw: `only ${formatBytes(free)} are free where dataDir is`,
          means: 'an upload without a length (Transfer-Encoding: chunked) waits there until its length is known',
          cure: 'make room, or lower limits.maxSpoolBytes',
        },
      ];
}

/** Whoever runs doctor as somebody else than the server gets another answer. */
function asUser(): string {
  const id = process.getuid?.();
  return id === undefined ? '' : ` by user id ${id}`;
}
