import { resolve } from 'node:path';
import type { FailingMount, PartStatus, Status } from '../control/status.ts';
import type { Clock } from '../lib/clock.ts';
import { formatTime, secondsSince } from '../lib/format-time.ts';
import { VERSION } from '../lib/version.ts';
import type { Check, Finding } from './check.ts';

/** What the control socket of a configuration has answered. */
export type ServerLook =
  | { readonly kind: 'none'; readonly message: string }
  /** There is one, but it says nothing to this user. */
  | { readonly kind: 'silent'; readonly message: string }
  | { readonly kind: 'running'; readonly status: Status; readonly difference: ConfigDifference };

/** How the configuration of a running server differs from its files and its environment, as the server reads them. */
export type ConfigDifference =
  | { readonly kind: 'read'; readonly changed: readonly string[]; readonly needRestart: readonly string[] }
  | { readonly kind: 'bad'; readonly message: string }
  /** The server cannot compare. */
  | { readonly kind: 'unknown' };

export interface RunningServerParts {
  /** The file of this run. */
  readonly configFile: string;
  readonly look: () => Promise<ServerLook>;
  readonly clock: Clock;
}

/** More are in `status --json`. */
const MAX_MOUNTS = 5;

/** Checks what the server that runs with this configuration says of itself. */
export function runningServerCheck({ configFile, look, clock }: RunningServerParts): Check {
  return {
    name: 'running-server',
    run: async () => {
      const found = await look();
      switch (found.kind) {
        case 'none':
          return [{ level: 'skipped', saw: found.message }];
        case 'silent':
          return [
            {
              level: 'warning',
              saw: `a server runs, but it cannot be asked: ${found.message}`,
              cure: 'run doctor as the user of the server; if that is this user, look at the log of the server',
            },
          ];
        case 'running':
          return describeServer(found, { configFile, now: clock.now() });
      }
    },
  };
}

interface Seen {
  readonly configFile: string;
  readonly now: number;
}

function describeServer(
  { status, difference }: Extract<ServerLook, { kind: 'running' }>,
  { configFile, now }: Seen,
): Finding[] {
  const { readiness, mounts } = status;
  const bad = (readiness.parts ?? []).filter(({ ok }) => !ok);
  return [
    describeVersion(status, now),
    ...describeFile(status, configFile),
    describeConfig(status, difference, now),
    ...status.tenants.flatMap(tenant => describeToken(tenant, { now, isOnly: status.tenants.length === 1 })),
    ...bad.map(part => describePart(part, now)),
    ...(readiness.ready || bad.length > 0 ? [] : [describeUnready(readiness.detail)]),
    ...describeMounts(mounts.failing, now),
  ];
}

function describeVersion({ version, pid, since }: Status, now: number): Finding {
  const saw = `process ${pid} runs version ${version}, for ${formatTime(secondsSince(since, now))}`;
  return version === VERSION
    ? { level: 'ok', saw }
    : {
        level: 'warning',
        saw: `${saw}; this program is version ${VERSION}`,
        means: 'an upgrade takes effect with a restart of the server',
        cure: 'restart it, or run the doctor of its version',
      };
}

function describeFile({ config: { file } }: Status, configFile: string): Finding[] {
  return file === undefined || file === resolve(configFile)
    ? []
    : [
        {
          level: 'warning',
          saw: `it was started with ${file}, and not with ${resolve(configFile)}`,
          means: 'both name the same control socket; what doctor checks is not what the server does',
          cure: 'name the file of the server with --config, or give each configuration a dataDir of its own',
        },
      ];
}

function describeConfig({ config: { loaded } }: Status, difference: ConfigDifference, now: number): Finding {
  const read = `its configuration was read ${formatTime(secondsSince(loaded, now))} ago`;
  switch (difference.kind) {
    case 'unknown':
      return { level: 'skipped', saw: `${read}; it cannot tell whether the files have changed since then` };
    case 'bad':
      return {
        level: 'failure',
        saw: `${read}; what the files say now cannot be used: ${difference.message.replaceAll('\n', '; ')}`,
        means: 'the server goes on with what it has read, and would not start anew',
        cure: 'correct the files; the server reads them when they change, or at "onedrive-webdav reload"',
      };
    case 'read':
      return describeChanges(read, difference);
  }
}

function describeChanges(read: string, { changed, needRestart }: Extract<ConfigDifference, { kind: 'read' }>): Finding {
  if (changed.length + needRestart.length === 0) {
    return { level: 'ok', saw: `${read}, and its files still say the same` };
  }
  const waiting = needRestart.length === 0 ? '' : `; a restart is needed for ${needRestart.join(', ')}`;
  return {
    level: 'warning',
    saw: `${read}; changed since then: ${[...new Set([...changed, ...needRestart])].join(', ')}${waiting}`,
    means: 'until then it serves by the old values',
    cure: needRestart.length > 0 ? 'restart the server' : 'run "onedrive-webdav reload", or set reload.watch',
  };
}

function describeToken(
  { name, tokenSince, quietSeconds }: Status['tenants'][number],
  { now, isOnly }: { readonly now: number; readonly isOnly: boolean },
): Finding[] {
  const whose = isOnly ? 'its token' : `its token for ${name}`;
  const token: Finding =
    tokenSince === undefined
      ? { level: 'skipped', saw: `${whose}: none yet` }
      : { level: 'ok', saw: `${whose} is ${formatTime(secondsSince(tokenSince, now))} old` };
  return quietSeconds === 0
    ? [token]
    : [
        token,
        {
          level: 'warning',
          saw: `Microsoft asks it for silence for ${quietSeconds} s${isOnly ? '' : `, in ${name}`}`,
          means: 'requests are answered with 503 and that time',
          cure: 'wait; if it happens often, docs/limits.md says how to need fewer requests',
        },
      ];
}

/** A part without an entry does not compile. */
const PARTS: Readonly<Record<PartStatus['part'], Pick<Finding, 'level' | 'means' | 'cure'>>> = {
  credential: {
    level: 'failure',
    means: 'each request for a file of this tenant is answered with 503',
    cure: 'do what the line "credential" says; the server reads the secret anew by itself, without a restart',
  },
  microsoft: {
    level: 'failure',
    means: 'each request that is not answered from memory is answered with 502, 503 or 504',
    cure: 'compare with the line "hosts": if that is well, the server differs in its user, proxy or network',
  },
  state: {
    level: 'failure',
    means: 'no lock can be taken, and nothing that needs a record can be changed',
    cure: 'look at the line "data folder" and at the log of the server; make room or restore the permissions',
  },
  disk: {
    level: 'warning',
    means: 'uploads without a length, and then the state, will soon fail',
    cure: 'make room on the disk of dataDir',
  },
  discovery: {
    level: 'warning',
    means: 'mailboxes that were found before are served; new ones are not, and those that left still are',
    cure: 'look at the lines "mailbox rule" and "directory permissions"',
  },
  people: {
    level: 'warning',
    means: 'people who were found before may sign in; new ones cannot',
    cure: 'look at the line "directory permissions"',
  },
};

function describePart({ part, tenant, reason, since }: PartStatus, now: number): Finding {
  const whose = tenant === undefined || tenant === 'default' ? part : `${part} of ${tenant}`;
  const long = since === undefined ? '' : `, for ${formatTime(secondsSince(since, now))}`;
  const { level, means, cure } = PARTS[part] ?? { level: 'warning' };
  return { level, saw: `${whose}: ${reason ?? 'not well'}${long}`, means, cure };
}

function describeUnready(detail: string): Finding {
  return {
    level: 'warning',
    saw: `it is not ready: ${detail}`,
    cure: 'wait some seconds and run doctor again; if it stays so, look at the log of the server',
  };
}

function describeMounts(failing: readonly FailingMount[], now: number): Finding[] {
  const shown = failing.slice(0, MAX_MOUNTS);
  const rest = failing.length - shown.length;
  return [
    ...shown.map(
      ({ name, cause, since }): Finding => ({
        level: 'warning',
        saw: `its mount /${name} cannot be opened, for ${formatTime(secondsSince(since, now))}: ${cause}`,
        cure: `run doctor --mount "${name}"; the server tries anew with each request`,
      }),
    ),
    ...(rest > 0
      ? [
          {
            level: 'warning',
            saw: `and ${rest} more of its mounts cannot be opened`,
            cure: '"onedrive-webdav status --json" names all',
          } as const,
        ]
      : []),
  ];
}
