/**
 * Folds a name for comparison: OneDrive keeps case but ignores it, and composes Unicode. A letter is folded only where
 * upper and lower case are a pair: folding more ("ß" to "SS", dotless "ı" to "I") could take two files for one.
 */
export function foldName(name: string): string {
  if (/^[\x00-\x7f]*$/.test(name)) {
    return name.toUpperCase();
  }
  return Array.from(name.normalize('NFC'), foldCharacter).join('');
}

function foldCharacter(character: string): string {
  const upper = character.toUpperCase();
  return upper.toLowerCase() === character ? upper : character;
}
