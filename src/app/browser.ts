import { type BrowserHandler, createBrowserHandler, isForBrowser } from '../browser/handler.ts';
import type { Config } from '../config/load.ts';
import type { WebDavHandler } from '../webdav/handler.ts';
import type { DavServices } from '../webdav/request.ts';

/** Puts the views and actions of the app in the browser in front of WebDAV, unless the configuration has none. */
export function withBrowser(
  { browser }: Pick<Config, 'browser'>,
  services: DavServices,
  handleDav: WebDavHandler,
): BrowserHandler {
  if (!browser) {
    return handleDav;
  }
  const handleBrowser = createBrowserHandler(services);
  return (request, response, caller) => (isForBrowser(request) ? handleBrowser : handleDav)(request, response, caller);
}
