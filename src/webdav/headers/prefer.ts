import type { RequestHeaders } from '../../lib/headers.ts';

/** The wishes of a `Prefer` header (RFC 7240) that are granted here (RFC 8144). */
export interface Preferences {
  /** `return=minimal` (RFC 8144 §2.1), or `Brief: t`, which Microsoft's clients send. */
  readonly isMinimal: boolean;
  /** `depth-noroot` (RFC 8144 §3): a listing without the folder itself. */
  readonly isWithoutRoot: boolean;
}

export function parsePreferences({ prefer, brief }: RequestHeaders): Preferences {
  const wishes = String(prefer ?? '')
    .split(/[,;]/)
    .map(wish =>
      wish
        .trim()
        .toLowerCase()
        .replace(/\s*=\s*"?([^"]*)"?$/, '=$1'),
    );
  return {
    isMinimal: wishes.includes('return=minimal') || /^\s*t/i.test(String(brief ?? '')),
    isWithoutRoot: wishes.includes('depth-noroot'),
  };
}

/**
 * The headers of an answer that has followed these wishes (RFC 7240 §3). `Brief` has no answer of its own, and needs
 * none.
 */
export function appliedPreferences(
  { prefer }: RequestHeaders,
  { isMinimal = false, isWithoutRoot = false }: Partial<Preferences>,
): Record<string, string> {
  const applied = [...(isMinimal ? ['return=minimal'] : []), ...(isWithoutRoot ? ['depth-noroot'] : [])];
  return prefer === undefined || applied.length === 0
    ? {}
    : { 'Preference-Applied': applied.join(', '), Vary: 'Prefer' };
}
