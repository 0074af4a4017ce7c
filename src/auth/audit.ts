import { runForNobody } from '../lib/caller.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';

/** What happened with credentials, or to the server; one line each, never with a secret. */
export type AuditEvent =
  | 'signed-in'
  | 'sign-in-refused'
  | 'signed-out'
  | 'password-made'
  | 'password-used-from-new-address'
  | 'password-revoked'
  | 'credentials-refused'
  | 'share-made'
  | 'share-opened'
  | 'share-refused'
  | 'share-revoked'
  | 'configuration-reloaded'
  | 'log-level-changed'
  | 'lock-broken';

export interface AuditRecord {
  readonly event: AuditEvent;
  /** The name of the user; of a refused one, the attempted name; of the operator, `operator`. */
  readonly user: string;
  readonly address: string;
  /** The reason of a refusal, the name of a device password, the person who revoked it, the client. */
  readonly detail?: Readonly<Record<string, string | undefined>>;
}

export type Audit = (record: AuditRecord) => void;

/** An audit trail in a log. */
export interface AuditLog {
  readonly record: Audit;
  /** Writes what was counted and not yet said, and says nothing at a time of its own any more. */
  end(): void;
}

/** Anybody can cause these, as often as they like. */
const BY_ANYBODY: readonly AuditEvent[] = ['credentials-refused', 'sign-in-refused', 'share-refused'];
const WINDOW_MS = 60_000;
/** In one window, from one address. */
const MAX_PER_ADDRESS = 20;
const MAX_ADDRESSES = 10_000;

interface Window {
  readonly since: number;
  written: number;
  leftOut: number;
}

/**
 * Creates an audit trail in a log: lines with `audit` set to the event. The address comes before every text from
 * outside, for programs that read lines with patterns (examples/fail2ban). Of the refusals of one address some are
 * written in a minute; the others are counted, and a line with `leftOut` says at its end how many they were.
 */
export function createAudit(log: Pick<Log, 'info'>, clock: Clock): AuditLog {
  /** In the order of their beginning. */
  const windows = new Map<string, Window>();
  const close = (address: string, { leftOut }: Window) => {
    windows.delete(address);
    if (leftOut > 0) {
      log.info({ audit: 'refusals-left-out', address, leftOut }, 'audit: refusals-left-out');
    }
  };
  const closeOld = (now: number) => {
    for (const [address, window] of windows) {
      if (window.since + WINDOW_MS > now && windows.size <= MAX_ADDRESSES) {
        return;
      }
      close(address, window);
    }
  };
  const ended = new AbortController();
  let isLooking = false;
  const look = async () => {
    for (let [first] = windows.values(); first !== undefined; [first] = windows.values()) {
      const left = Math.max(1, first.since + WINDOW_MS - clock.now());
      await clock.sleep(left, ended.signal, { letsProcessEnd: true });
      closeOld(clock.now());
    }
    isLooking = false;
  };
  const isLeftOut = (address: string): boolean => {
    const now = clock.now();
    closeOld(now);
    const window = windows.get(address) ?? { since: now, written: 0, leftOut: 0 };
    windows.set(address, window);
    if (window.written < MAX_PER_ADDRESS) {
      window.written += 1;
      return false;
    }
    window.leftOut += 1;
    if (!isLooking) {
      isLooking = true;
      // It rejects at the end of the server.
      void runForNobody(look).catch(() => {});
    }
    return true;
  };
  const end = () => {
    ended.abort();
    for (const [address, window] of windows) {
      close(address, window);
    }
  };
  const record: Audit = ({ event, user, address, detail }) => {
    if (!BY_ANYBODY.includes(event) || !isLeftOut(address)) {
      log.info({ audit: event, address, user, ...detail }, `audit: ${event}`);
    }
  };
  return { record, end };
}
