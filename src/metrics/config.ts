import { Gauge, type Registry } from 'prom-client';

/**
 * Returns a function that notes whether the configuration that was read last could be used; begins with the one of the
 * start. Under the names that Prometheus uses for its own configuration.
 */
export function createConfigMetrics(registers: Registry[]): (isUsed: boolean) => void {
  const isUsed = new Gauge({
    name: 'onedrive_webdav_config_last_reload_successful',
    help: 'Whether the configuration that was read last is in use; 0: it could not be used, and the one before is',
    registers,
  });
  const at = new Gauge({
    name: 'onedrive_webdav_config_last_reload_success_timestamp_seconds',
    help: 'When the configuration in use was read; seconds since 1970',
    registers,
  });
  const note = (isSuccess: boolean) => {
    isUsed.set(isSuccess ? 1 : 0);
    if (isSuccess) {
      at.setToCurrentTime();
    }
  };
  note(true);
  return note;
}
