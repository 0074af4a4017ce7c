import { type BuiltApp, readBuiltApp } from '../browser/app-files.ts';
import type { Config } from '../config/load.ts';
import { cloudOf } from '../graph/clouds.ts';
import { isLoopback } from '../lib/loopback.ts';
import type { PageApp } from '../webdav/folder-page/app-page.ts';

/** Where the build puts the app; the same place for the sources and for the compiled server. */
const FOLDER = new URL('../../dist/browser-app/', import.meta.url);

/** The app in the browser, as this server serves it. */
export interface BrowserApp {
  readonly built: BuiltApp;
  readonly page: PageApp;
}

/** Reads the app that was built; returns undefined where there is none, and the pages have no scripts. */
export function loadBrowserApp(): Promise<BuiltApp | undefined> {
  return readBuiltApp(FOLDER);
}

/** Returns the app for a configuration; undefined where it does not want the app, or the app is not built. */
export function browserAppOf(
  config: Pick<Config, 'browser' | 'tenants' | 'downloads'>,
  built: BuiltApp | undefined,
): BrowserApp | undefined {
  if (!config.browser || built === undefined) {
    return undefined;
  }
  const { script, style, icon, touchIcon, webManifest } = built;
  return { built, page: { script, style, icon, touchIcon, webManifest, contentSources: contentSourcesOf(config) } };
}

/** The hosts that redirected downloads and uploads may lead to, as sources of a page's policy. */
function contentSourcesOf({ tenants, downloads }: Pick<Config, 'tenants' | 'downloads'>): string[] {
  const { customHost, proxy } = downloads;
  const own = [...(customHost === null ? [] : [customHost]), ...proxy.urls].map(url => new URL(url).origin);
  const microsoft = tenants.flatMap(({ cloud, contentHosts }) => [
    ...cloudOf(cloud).contentSuffixes.map(suffix => `https://*${suffix}`),
    ...contentHosts.filter(isHostSource).map(host => `${isLoopback(host) ? 'http' : 'https'}://${host}:*`),
  ]);
  return [...new Set([...microsoft, ...own])];
}

/** A policy cannot name an IPv6 address (CSP Level 3 §2.3.1, host-part). */
function isHostSource(host: string): boolean {
  return /^[\w.-]+$/.test(host);
}
