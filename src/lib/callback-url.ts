/**
 * Returns the redirect URI of the account pages, which the registration of the application must have: `root` is a
 * public URL of this server.
 */
export function callbackUrl(root: string): string {
  return `${root.replace(/\/+$/, '')}/-/account/callback`;
}
