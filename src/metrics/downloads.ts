import { Counter, type Registry } from 'prom-client';

/** Returns a function that counts a download, its bytes and its way to the client. */
export function createDownloadMetrics(
  registers: Registry[],
): (choice: { way: string; reason: string }, bytes: number) => void {
  const downloads = new Counter({
    name: 'onedrive_webdav_downloads_total',
    help: 'Requested files, by the way their bytes take and the reason',
    labelNames: ['way', 'reason'],
    registers,
  });
  const bytes = new Counter({
    name: 'onedrive_webdav_download_bytes_total',
    help: 'Requested bytes, by the way they take; redirected bytes do not pass through this server',
    labelNames: ['way'],
    registers,
  });
  return ({ way, reason }, size) => {
    downloads.inc({ way, reason });
    bytes.inc({ way }, size);
  };
}
