import { type Audit, createAudit } from '../auth/audit.ts';
import type { Config } from '../config/load.ts';
import type { AuditChange } from '../http/access-log.ts';
import type { Clock } from '../lib/clock.ts';
import { LineFile } from '../lib/line-file.ts';
import { createLog, type Log } from '../lib/log.ts';

/** Who changed what, and who was refused. */
export interface AuditTrail {
  /** For sign-ins and for what operators do. */
  readonly record: Audit;
  /** For requests; undefined where their lines in the log are the trail. */
  readonly change: AuditChange | undefined;
  /** Writes what waits. */
  stop(): Promise<void>;
}

/** Opens the trail: a file of its own, or the log. A file that cannot be written fails no request. */
export function openAuditTrail(
  { audit: { file } }: Pick<Config, 'audit'>,
  { log, clock, onFailure = () => {} }: { log: Log; clock: Clock; onFailure?: () => void },
): AuditTrail {
  if (file === null) {
    const { record, end } = createAudit(log, clock);
    return { record, change: undefined, stop: async () => end() };
  }
  const lines = new LineFile(file, (error, lost) => {
    log.error({ err: error, file, lost }, 'the audit trail could not be written');
    onFailure();
  });
  const own = createLog({ level: 'info', destination: lines });
  const { record, end } = createAudit(own, clock);
  return {
    record,
    change: line => {
      const { id, audit, ip, user, mount, method, action, path, files, destination, status, bytesIn, userAgent } = line;
      const fields = { id, audit, address: ip, user, mount, method, action, path, files, destination, status, bytesIn };
      own.info({ ...fields, client: userAgent }, `audit: ${audit}`);
    },
    stop: () => {
      end();
      return lines.settled();
    },
  };
}
