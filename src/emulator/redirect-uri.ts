const LOOPBACK = ['localhost', '127.0.0.1'];

/**
 * Whether Entra may send a browser to `asked` (learn, "Redirect URI (reply URL) restrictions and limitations"): to the letter, upper and lower case
 * too; an empty path is `/`. `anyPort`: of URIs on localhost and on 127.0.0.1, which are two names, the port does not count.
 */
export function isRegistered(asked: string, registered: readonly string[], anyPort: boolean): boolean {
  const wanted = canonical(asked, anyPort);
  return wanted !== undefined && registered.some(uri => canonical(uri, anyPort) === wanted);
}

/** Plain http is for this machine alone: elsewhere it is AADSTS500117. */
export function isSecure(uri: string): boolean {
  const url = URL.parse(uri);
  return url?.protocol !== 'http:' || LOOPBACK.includes(url.hostname);
}

function canonical(uri: string, anyPort: boolean): string | undefined {
  const url = URL.parse(uri);
  if (url === null || url.hash !== '') {
    return undefined;
  }
  if (anyPort && LOOPBACK.includes(url.hostname)) {
    url.port = '';
  }
  return url.href;
}
