import type { Application } from './application.ts';
import type { Exchange } from './exchange.ts';
import { invalidRequest, type Refusal } from './token-refusal.ts';

const LOOPBACK = ['localhost', '127.0.0.1'];

/**
 * Tells whether Entra may redirect to `asked` (learn, "Redirect URI (reply URL) restrictions and limitations"): by
 * exact, case-sensitive comparison; an empty path is `/`. `anyPort`: for URIs on localhost and on 127.0.0.1, which are
 * two names, ignores the port.
 */
export function isRegistered(asked: string, registered: readonly string[], anyPort: boolean): boolean {
  const wanted = canonical(asked, anyPort);
  return wanted !== undefined && registered.some(uri => canonical(uri, anyPort) === wanted);
}

/** Allows plain http on this machine only: elsewhere it is AADSTS500117. */
export function isSecure(uri: string): boolean {
  const url = URL.parse(uri);
  return url?.protocol !== 'http:' || LOOPBACK.includes(url.hostname);
}

/** Returns Entra's refusal of a redirect URI that is not registered. */
export function checkRedirect(
  { world }: Exchange,
  { clientId, redirectUris }: Application,
  redirectUri: string,
): Refusal | undefined {
  if (redirectUris.length === 0) {
    return invalidRequest(500113, 'No reply address is registered for the application.');
  }
  if (!isRegistered(redirectUri, redirectUris, world.settings.redirectPort === 'any-on-loopback')) {
    const text = `The redirect URI '${redirectUri}' specified in the request does not match the redirect URIs configured for the application '${clientId}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal.`;
    return invalidRequest(50011, text);
  }
  return isSecure(redirectUri)
    ? undefined
    : invalidRequest(500117, "The reply uri specified in the request isn't using a secure scheme.");
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
