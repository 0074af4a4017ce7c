import { foldName } from './fold-name.ts';

/** Says of a whole text whether it is one of those that a glob stands for. */
export interface Glob {
  test(text: string): boolean;
  /** The same of a text that is folded already (`foldName`), for who asks many globs. */
  testFolded(text: string): boolean;
}

/**
 * `*` is any text, `?` one character; case and composition do not count, as in names. Takes time in proportion to the
 * text, not a power of it.
 */
export function compileGlob(glob: string): Glob {
  const pattern = foldName(glob);
  const testFolded = (text: string) => isMatch(pattern, text);
  return { test: text => testFolded(foldName(text)), testFolded };
}

/** Whether a name in a list of names is a glob: no mount's name holds these. */
export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}

/** Only the last `*` that was met needs to take more: what the ones before it took can stay. */
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

/** In UTF-16 units. */
function lengthAt(text: string, index: number): number {
  return text.codePointAt(index)! > 0xffff ? 2 : 1;
}
