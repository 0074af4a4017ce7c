import { Gauge, type Registry } from 'prom-client';

/** Returns a function that sets when the listener's certificate ends. Until then the gauge has no value. */
export function createTlsMetrics(registers: Registry[]): (ends: Date) => void {
  const gauge = new Gauge({
    name: 'onedrive_webdav_tls_certificate_expiry_timestamp_seconds',
    help: 'When the certificate of listen.tls expires; without TLS there is no value; seconds since 1970',
    registers,
  });
  // prom-client begins with 0, which would be a certificate that has expired.
  gauge.remove();
  return ends => gauge.set(Math.floor(ends.getTime() / 1000));
}
