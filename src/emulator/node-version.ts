/** The oldest Node.js with the features used here; `engines` in package.json says the same. */
const OLDEST_MAJOR = 24;

/**
 * Returns the message for a Node.js that is too old; undefined for a suitable one. `version` as in `process.version`.
 */
export function objectionToNode(version: string, path: string): string | undefined {
  const major = Number(/^v(\d+)\./.exec(version)?.[1]);
  return major >= OLDEST_MAJOR
    ? undefined
    : `onedrive-emulator needs Node.js ${OLDEST_MAJOR} or newer; this is ${version} (${path})`;
}
