import type { RequestHeaders } from '../../lib/headers.ts';

/** RFC 8144 §2.1 `Prefer: return=minimal`; Microsoft's clients say `Brief: t`. */
export function prefersMinimal(headers: RequestHeaders): boolean {
  return (
    /(^|[,;\s])return\s*=\s*"?minimal/i.test(String(headers.prefer ?? '')) || /^\s*t/i.test(String(headers.brief ?? ''))
  );
}
