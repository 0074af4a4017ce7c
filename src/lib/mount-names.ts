/** Less than the 100 characters that a configuration allows, so that a number fits at the end. */
const MAX_NAME_CHARACTERS = 90;

/**
 * Returns the first free name for a mailbox's mount: the part before the @, as a configuration would choose it, then
 * the whole address, then the address with a number.
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

/** Returns `text` as a folder name that is valid in Windows and URLs, and not reserved by the server. */
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
