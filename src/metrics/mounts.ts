import { Counter, Gauge, type Registry } from 'prom-client';

/** What the mounts and the credentials of tenants report. */
export interface MountMetrics {
  /** Sets the number of mounts, and of those found by rules. */
  mounts(count: { all: number; discovered: number }): void;
  discoveryFailed(tenant: string): void;
  /** Sets the expiry of a tenant's secret or certificate. */
  credentialEnds(tenant: string, ends: Date): void;
}

export function createMountMetrics(registers: Registry[]): MountMetrics {
  const all = new Gauge({ name: 'onedrive_webdav_mounts', help: 'Mounts that are served now', registers });
  const discovered = new Gauge({
    name: 'onedrive_webdav_discovered_mailboxes',
    help: 'Mounts that a rule has found in the directory',
    registers,
  });
  const failures = new Counter({
    name: 'onedrive_webdav_discovery_failures_total',
    help: 'Looks into the directory that failed and changed nothing',
    labelNames: ['tenant'],
    registers,
  });
  const ends = new Gauge({
    name: 'onedrive_webdav_credential_expiry_timestamp_seconds',
    help: 'When the certificate or secret of a tenant expires, if known; seconds since 1970',
    labelNames: ['tenant'],
    registers,
  });
  return {
    mounts: count => {
      all.set(count.all);
      discovered.set(count.discovered);
    },
    discoveryFailed: tenant => failures.inc({ tenant }),
    credentialEnds: (tenant, date) => ends.set({ tenant }, Math.floor(date.getTime() / 1000)),
  };
}
