import type { ShareKind } from '../state/share-kind.ts';

/**
 * What a running server tells of itself. This is the JSON of `GET /status` and of `status --json`: times are in ISO
 * 8601, and what is not known is left out.
 */
export interface Status {
  readonly version: string;
  readonly node: string;
  readonly pid: number;
  readonly since: string;
  /** Of its listener. */
  readonly url: string;
  readonly config: { readonly file?: string; readonly loaded: string };
  readonly logLevel: LogLevelStatus;
  readonly readiness: ReadinessStatus;
  /** The servers that share the state and are alive; none where no other one can. */
  readonly servers: readonly ServerStatus[];
  readonly tenants: readonly TenantStatus[];
  readonly mounts: MountsStatus;
  /** In the order in which they began. */
  readonly requests: readonly RequestStatus[];
  readonly uploadSessions: readonly UploadSessionsStatus[];
  readonly feeds: readonly FeedStatus[];
  /** Of drives in use, as far as Microsoft has told lately. */
  readonly space: readonly SpaceStatus[];
  readonly locks: readonly LockStatus[];
  readonly devices: readonly DeviceStatus[];
  /** Those that are open now, or can be again, oldest first. */
  readonly shares: readonly ShareStatus[];
  /** The last warnings and errors of the log, the newest first. */
  readonly problems: readonly ProblemStatus[];
  readonly process: ProcessStatus;
}

export interface LogLevelStatus {
  readonly level: string;
  /** When the level of the configuration comes back. */
  readonly until?: string;
}

export interface ReadinessStatus {
  readonly ready: boolean;
  readonly detail: string;
  /** The parts that the server checks; absent where it checks none by itself. */
  readonly parts?: readonly PartStatus[];
}

export interface PartStatus {
  readonly part: 'credential' | 'microsoft' | 'state' | 'discovery' | 'people' | 'disk';
  readonly tenant?: string;
  readonly ok: boolean;
  readonly reason?: string;
  readonly since?: string;
}

export interface TenantStatus {
  /** The operator's name for it. */
  readonly name: string;
  readonly tenantId: string;
  readonly cloud: string;
  readonly credential: string;
  /** When the secret or certificate ends, as far as known. */
  readonly credentialEnds?: string;
  /** When the access token in use was first used. */
  readonly tokenSince?: string;
  /** Seconds for which Microsoft wants no requests; 0 when it accepts them. */
  readonly quietSeconds: number;
}

/** A server among those that share the state. */
export interface ServerStatus {
  /** The name of its machine. */
  readonly name: string;
  /** The one that was asked. */
  readonly isSelf: boolean;
}

export type MountState = 'unused' | 'open' | 'failing';

export interface MountsStatus {
  readonly all: number;
  /** Those found by rules. */
  readonly discovered: number;
  /** False while a rule has not been answered: there may be unknown mounts. */
  readonly complete: boolean;
  readonly byState: Readonly<Record<MountState, number>>;
  /** The mounts whose drives cannot be opened. */
  readonly failing: readonly FailingMount[];
}

export interface FailingMount {
  readonly name: string;
  readonly cause: string;
  readonly since: string;
}

export interface RequestStatus {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly user?: string;
  readonly address: string;
  readonly userAgent?: string;
  readonly since: string;
  readonly seconds: number;
  readonly bytes: { readonly read: number; readonly written: number };
}

export interface UploadSessionsStatus {
  readonly tenant: string;
  /** Those that requests use now. */
  readonly active: number;
  /** Those that an earlier request or process has left, and that are being cancelled. */
  readonly left: number;
  /** When the oldest of all was opened. */
  readonly oldest?: string;
}

/** The feed of changes of one drive in use. */
export interface FeedStatus {
  readonly tenant: string;
  readonly driveId: string;
  /** The mounts that show it. */
  readonly mounts: readonly string[];
  /** When it was last read to its end; absent: not yet. */
  readonly looked?: string;
  readonly ageSeconds?: number;
  /** Failed looks since the last good one. */
  readonly failures: number;
}

/** The room in the drive of a mount, in bytes. */
export interface SpaceStatus {
  readonly mount: string;
  readonly used: number;
  /** Absent where Microsoft does not say. */
  readonly available?: number;
  /** When it was asked for. */
  readonly at: string;
}

export interface LockStatus {
  readonly token: string;
  /** The path on which it was taken. */
  readonly path: string;
  readonly user: string;
  readonly scope: string;
  readonly expires: string;
}

/** A password that a person has made for a device. */
export interface DeviceStatus {
  readonly id: string;
  /** The object id of the owner, and the name. */
  readonly userId: string;
  readonly principal: string;
  /** The owner's name for it. */
  readonly name: string;
  readonly created: string;
  readonly expires?: string;
  readonly lastUse?: { readonly at: string; readonly address: string; readonly client: string };
}

/** A file or folder that is open to everybody who has its URL. */
export interface ShareStatus {
  readonly id: string;
  readonly kind: ShareKind;
  /** `exhausted`: downloaded as often as it may be. */
  readonly state: 'open' | 'exhausted';
  /** The name of the owner. */
  readonly owner: string;
  readonly path: string;
  readonly target: 'file' | 'folder';
  readonly created: string;
  /** As the share and the configuration have it. */
  readonly expires: string;
  readonly password: boolean;
  readonly maxDownloads?: number;
  /** Only where there is a limit. */
  readonly downloads?: number;
  /** When somebody first came in. */
  readonly opened?: string;
}

export interface ProblemStatus {
  readonly at: string;
  readonly level: string;
  readonly message: string;
  /** The cause, which also says what to do where that is known. */
  readonly cause?: string;
  /** Of the request, on all its lines in the log. */
  readonly request?: string;
  /** How often it came in a row. */
  readonly count: number;
}

export interface ProcessStatus {
  /** Bytes. */
  readonly memory: {
    readonly rss: number;
    readonly heapUsed: number;
    readonly heapTotal: number;
    readonly external: number;
  };
  /** Measured while this status was made. */
  readonly eventLoop: {
    readonly delayP50Ms: number;
    readonly delayMaxMs: number;
    /** Between 0 (idle) and 1. */
    readonly utilization: number;
  };
  readonly cpuSeconds: number;
}
