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
  /** Throws the file system's error. A test may replace it. */
  readonly probe?: (folder: string) => Promise<void>;
}

/** With less, an upload without a length, which is spooled, soon fails. */
const MIN_FREE_BYTES = 1024 ** 3;

const STATE_PROBLEMS: Record<StateProblem, Pick<Finding, 'means' | 'cure'>> = {
  newer: {
    means: 'a newer release wrote the state, and this one does not understand it: the server does not start',
    cure: 'run the newer release, or name another folder in dataDir',
  },
  unreleased: {
    means: 'a version before the first release wrote the state: the server does not start',
    cure: 'move state.sqlite out of dataDir; this loses its locks, properties and kept files, but no file in OneDrive',
  },
  locked: {
    means: 'another program has locked the state, such as a backup: the server cannot work meanwhile',
    cure: 'wait for that program to end; copy the folder while the server is stopped, or with a tool that knows SQLite',
  },
  unreadable: {
    means: 'this user can write to the folder, but cannot open the file in it',
    cure: 'run doctor as the user of the server; if it is that user, make it the owner of the file',
  },
  away: {
    means: 'the database does not answer: the server does not start',
    cure: 'start the database, or correct state.url',
  },
  broken: {
    means: 'the state file is damaged',
    cure: 'stop the server and run "onedrive-webdav state repair", which saves the readable parts; or restore a backup of dataDir',
  },
};

/** Checks that the server, and no other, can use the folder of `dataDir`. */
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

/** Writes a file and removes it; if the folder does not exist, checks whether it can be created. */
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
      return {
        level,
        saw,
        means: 'the disk is full',
        cure: 'free some space, or name a folder on another disk in dataDir',
      };
    default:
      return {
        level,
        saw,
        means: 'the server keeps locks, properties and waiting uploads there, and does not start without it',
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
    ? { level: 'ok', saw: `${saw}; ${names} is using it, as a running server does` }
    : {
        level: 'failure',
        saw: `${names} are using ${dataDir} at the same time`,
        means: "a data folder is for one server: two would not know each other's locks and uploads",
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
          saw: `only ${formatBytes(free)} are free on the disk of dataDir`,
          means: 'an upload without a length (Transfer-Encoding: chunked) waits there until its length is known',
          cure: 'free some space, or lower limits.maxSpoolBytes',
        },
      ];
}

/** Names the user id: doctor's result may differ from the server's if the users differ. */
function asUser(): string {
  const id = process.getuid?.();
  return id === undefined ? '' : ` by user id ${id}`;
}
