/**
 * The first readable wish of a Timeout header (RFC 4918 §10.7), in seconds, at most `maxSeconds`. Undefined when there
 * is none. Clients send nothing, `Second-4100000000`, `Infinite` and worse.
 */
export function parseTimeout(header: string | undefined, maxSeconds: number): number | undefined {
  for (const wish of (header ?? '').split(',')) {
    if (/^\s*infinite\s*$/i.test(wish)) {
      return maxSeconds;
    }
    const seconds = Number(/^\s*second-(\d+)\s*$/i.exec(wish)?.[1] ?? Number.NaN);
    if (seconds > 0) {
      return Math.min(seconds, maxSeconds);
    }
  }
  return undefined;
}
