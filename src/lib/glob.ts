/**
 * The regular expression of a glob that must match a whole text, whatever its case: `*` is any text, `?` one character. Case folding is
 * Unicode's simple one.
 */
export function compileGlob(glob: string): RegExp {
  const source = RegExp.escape(glob).replaceAll('\\*', '.*').replaceAll('\\?', '.');
  return new RegExp(`^${source}$`, 'isu');
}

/** Whether a name in a list of names is a glob: no mount's name holds these. */
export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}
