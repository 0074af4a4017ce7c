import type { Clock } from '../lib/clock.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Time enough to make a new one and to find somebody who may upload it. */
const WARN_DAYS = 30;

/** What to say about a certificate that ends soon or has ended; undefined while there is time. */
export function expiryWarning(expires: Date, now: number): string | undefined {
  const days = Math.floor((expires.getTime() - now) / DAY_MS);
  if (days >= WARN_DAYS) {
    return undefined;
  }
  const left = days < 0 ? 'has expired' : days === 0 ? 'expires within a day' : `expires in ${days} days`;
  const on = expires.toISOString().slice(0, 10);
  return `the certificate of tenant.certificateFile ${left} (${on}): upload a new one to the application in Entra, put it there and restart`;
}

/** Warns now and once a day, when there is something to warn of. Keeps no process alive; what it returns ends it. */
export function watchExpiry(
  expires: Date,
  { clock, warn }: { clock: Clock; warn: (message: string) => void },
): () => void {
  const look = () => {
    const message = expiryWarning(expires, clock.now());
    if (message !== undefined) {
      warn(message);
    }
  };
  look();
  const timer = setInterval(look, DAY_MS).unref();
  return () => clearInterval(timer);
}
