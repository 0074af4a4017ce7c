import type { RequestHeaders } from '../../lib/headers.ts';

/** True for `Prefer: return=minimal` (RFC 8144 §2.1) and for `Brief: t`, which Microsoft's clients send. */
export function prefersMinimal(headers: RequestHeaders): boolean {
  return (
    /(^|[,;\s])return\s*=\s*"?minimal/i.test(String(headers.prefer ?? '')) || /^\s*t/i.test(String(headers.brief ?? ''))
  );
}
