type Headers = Record<string, string | string[] | undefined>;

/** RFC 8144 §2.1 `Prefer: return=minimal`; Microsoft's clients say `Brief: t`. */
export function prefersMinimal(headers: Headers): boolean {
  return (
    /(^|[,;\s])return\s*=\s*"?minimal/i.test(String(headers.prefer ?? '')) || /^\s*t/i.test(String(headers.brief ?? ''))
  );
}
