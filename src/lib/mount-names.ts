/** Below the 100 characters that a configuration allows, so that a number fits behind it. */
const MAX_NAME_CHARACTERS = 90;

/**
 * The name of a mailbox's mount, the first that is free: the part before the @, as a configuration would choose it,
 * then the whole address, then the address with a number.
 */
export function chooseMountName(userPrincipalName: string, isTaken: (name: string) => boolean): string {
  const local = folderName(userPrincipalName.split('@', 1)[0]!);
  if (!isTaken(local)) {
    return local;
  }
  const address = folderName(userPrincipalName);
  let name = address;
  for (let count = 2; isTaken(name); count += 1) {
    name = `${address} (${count})`;
  }
  return name;
}

/** `text` as the name of a folder that Windows and URLs both know, and that is no name of the server's own. */
function folderName(text: string): string {
  const clean = text
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/["*:<>?/\\|\p{Cc}]/gu, '-');
  const name = Array.from(clean)
    .slice(0, MAX_NAME_CHARACTERS)
    .join('')
    .replaceAll(/^[ .]+|[ .]+$/g, '');
  return name === '' || name === '-' ? 'mailbox' : name;
}
