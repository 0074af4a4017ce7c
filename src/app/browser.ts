import { type BrowserHandler, type BrowserServices, createBrowserHandler, isForBrowser } from '../browser/handler.ts';
import type { Config } from '../config/load.ts';
import type { WebDavHandler } from '../webdav/handler.ts';

/** Puts the views and actions of the app in the browser in front of WebDAV, unless the configuration has none. */
export function withBrowser(
  { browser }: Pick<Config, 'browser'>,
  services: BrowserServices,
  handleDav: WebDavHandler,
): BrowserHandler {
  if (!browser) {
    return handleDav;
  }
  const handleBrowser = createBrowserHandler(services);
  return (request, response, caller) => (isForBrowser(request) ? handleBrowser : handleDav)(request, response, caller);
}
