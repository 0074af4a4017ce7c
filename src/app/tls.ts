import type { Config } from '../config/load.ts';
import { checkKeyPair, type KeyPair } from '../http/key-pair.ts';
import type { Clock } from '../lib/clock.ts';
import { dayOf, daysUntil, WARN_DAYS } from '../lib/days.ts';
import type { Keep } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';
import { Repeating } from '../lib/repeating.ts';
import type { Metrics } from '../metrics/metrics.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Returns the pair of the listener; undefined: plain HTTP. */
export function keyPairOf({ listen: { tls } }: Pick<Config, 'listen'>): KeyPair | undefined {
  return tls && { key: tls.key.reveal(), cert: tls.cert };
}

/** Throws when another configuration has a pair that cannot be served. */
export function checkTls(config: Pick<Config, 'listen'>): void {
  const pair = keyPairOf(config);
  if (pair !== undefined) {
    checkKeyPair(pair);
  }
}

interface TlsParts {
  readonly metrics: Pick<Metrics, 'tlsEnds'>;
  readonly keep: Keep;
  readonly log: Log;
  readonly clock: Clock;
}

/** Creates the watch over the end of the listener's certificate: it is told, and warned of, once a day. */
export function watchTls(config: Pick<Config, 'listen'>, { keep, ...parts }: TlsParts): Repeating[] {
  const pair = keyPairOf(config);
  if (pair === undefined) {
    return [];
  }
  const ending = { end: (watch: Repeating) => watch.stop(), isBackground: true };
  return [keep.use('expiry of the TLS certificate', [config.listen.tls], () => watchPair(pair, parts), ending)];
}

function watchPair(pair: KeyPair, { metrics, log, clock }: Omit<TlsParts, 'keep'>): Repeating {
  return new Repeating({
    clock,
    pauseAfter: () => DAY_MS,
    work: async () => {
      const ends = checkKeyPair(pair);
      metrics.tlsEnds(ends);
      const days = daysUntil(ends, clock.now());
      if (days < WARN_DAYS) {
        const left = days < 0 ? 'has expired' : `expires in ${days} days`;
        log.warn(`the certificate of listen.tls ${left} (${dayOf(ends)}): renew it in its file`);
      }
    },
  });
}
