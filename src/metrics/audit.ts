import { Counter, type Registry } from 'prom-client';

/** Returns a function that counts a failure to write the audit trail's own file. */
export function createAuditMetrics(registers: Registry[]): () => void {
  const failures = new Counter({
    name: 'onedrive_webdav_audit_write_failures_total',
    help: 'Times that audit.file could not be written; its lines are lost',
    registers,
  });
  return () => failures.inc();
}
