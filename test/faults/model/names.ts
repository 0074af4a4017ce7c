/**
 * Names as WebDAV clients tell them apart: composed, without regard to case. Written anew, so that the server's
 * own rule is not its judge.
 */
export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** Names of files that a sequence uses: few, so that they collide; odd ones, because clients have them. */
export const FILE_NAMES = ['a', 'b', 'A', 'é', 'e\u0301', 'É', 'x y', '#1', '%41', '😀.txt'] as const;
export const FOLDER_NAMES = ['d', 'D', 'e', 'a#b'] as const;
