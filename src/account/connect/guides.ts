import type { IncomingMessage } from 'node:http';
import { DAVFS2, LINUX, MACOS, RCLONE } from './desktops.ts';
import type { Guide } from './guide.ts';
import { ANDROID, IOS } from './phones.ts';
import { WINDOWS } from './windows.ts';

/** By their last word in the URL, in the order in which they are offered. */
export const GUIDES = {
  windows: WINDOWS,
  macos: MACOS,
  linux: LINUX,
  iphone: IOS,
  android: ANDROID,
  rclone: RCLONE,
  davfs2: DAVFS2,
} as const satisfies Record<string, Guide>;

export type Device = keyof typeof GUIDES;

export const DEVICES = Object.keys(GUIDES) as Device[];

/** `Sec-CH-UA-Platform` (User-Agent Client Hints), which Chromium's browsers send unasked. */
const BY_HINT: Readonly<Record<string, Device>> = {
  windows: 'windows',
  macos: 'macos',
  ios: 'iphone',
  android: 'android',
  linux: 'linux',
  'chrome os': 'android',
};
/** Words of a User-Agent. The order counts: Android's says Linux, too, and an iPhone's says Mac OS X. */
const BY_AGENT: readonly (readonly [RegExp, Device])[] = [
  [/android|cros/i, 'android'],
  [/iphone|ipad|ipod/i, 'iphone'],
  [/windows/i, 'windows'],
  [/macintosh|mac os/i, 'macos'],
  [/linux|bsd|x11/i, 'linux'],
];

/** Guesses the device of a browser. An iPad's browser says that it is a Mac: the page offers a choice. */
export function detectDevice({ headers }: Pick<IncomingMessage, 'headers'>): Device {
  const hint = String(headers['sec-ch-ua-platform'] ?? '')
    .replaceAll('"', '')
    .toLowerCase();
  const agent = headers['user-agent'] ?? '';
  const hinted = Object.hasOwn(BY_HINT, hint) ? BY_HINT[hint] : undefined;
  return hinted ?? BY_AGENT.find(([pattern]) => pattern.test(agent))?.[1] ?? 'rclone';
}

export function isDevice(text: string): text is Device {
  return Object.hasOwn(GUIDES, text);
}
