import { foldName } from './fold-name.ts';

/** Matches whole texts against a glob. */
export interface Glob {
  test(text: string): boolean;
  /** Tests a text that is already folded (`foldName`), for callers with many globs. */
  testFolded(text: string): boolean;
}

/**
 * Compiles a glob: `*` is any text, `?` one character; case and composition are ignored, as in names. Matching takes
 * time in proportion to the text, not a power of it.
 */
export function compileGlob(glob: string): Glob {
  const pattern = foldName(glob);
  const testFolded = (text: string) => isMatch(pattern, text);
  return { test: text => testFolded(foldName(text)), testFolded };
}

/** Returns true when a name in a list is a glob: mount names do not contain these characters. */
export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}

/** Only the last `*` needs to match more: the matches of earlier ones can stay. */
function isMatch(pattern: string, text: string): boolean {
  let [at, from] = [0, 0];
  let star: { readonly at: number; readonly from: number } | undefined;
  while (from < text.length) {
    if (pattern[at] === '*') {
      star = { at, from };
      at += 1;
    } else if (pattern[at] === '?' || pattern[at] === text[from]) {
      from += pattern[at] === '?' ? lengthAt(text, from) : 1;
      at += 1;
    } else if (star !== undefined) {
      star = { at: star.at, from: star.from + 1 };
      at = star.at + 1;
      from = star.from;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}

/** Returns the length of the character at `index`, in UTF-16 units. */
function lengthAt(text: string, index: number): number {
  return text.codePointAt(index)! > 0xffff ? 2 : 1;
}
