import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Entry } from '../../src/drive/entry.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { openInChromium, urlWithPassword } from '../support/chromium.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { startFrontDoor } from '../support/front-door.ts';

/*
 * Makes the pictures of a folder's page for the documentation: `node test/clients/screenshots.ts` writes
 * docs/images/folder-light.png and folder-dark.png. It needs Chromium; the pictures use whatever sans-serif this
 * machine has.
 */

const MIB = 1024 ** 2;
const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const PATH = '/ada/Projects/Bridge survey/';

/**
 * The setting of Blink that answers `prefers-color-scheme`. `--force-dark-mode` would turn the light page's colours
 * round instead.
 */
const SCHEMES = { dark: 0, light: 1 };

const SAMPLE: readonly Entry[] = [
  folder('Drawings', '2026-02-11T09:12:00Z', 48.2 * MIB),
  folder('Photos, pier 2', '2026-01-23T16:40:00Z', 912 * MIB),
  folder('Photos, pier 10', '2026-02-06T07:55:00Z', 3.4 * 1024 * MIB),
  folder('Reports', '2026-02-13T15:03:00Z', 6.7 * MIB),
  file('Budget 2026.xlsx', '2026-02-12T08:30:00Z', 84_213),
  file('Load calculation 2.pdf', '2025-11-28T10:05:00Z', 1_482_113),
  file('Load calculation 10.pdf', '2026-02-03T13:47:00Z', 2_210_874),
  file('Meeting notes.md', '2026-02-13T17:21:00Z', 6_310),
  file('Measured points.csv', '2026-01-30T06:02:00Z', 734_002),
  file('Overflight.mp4', '2026-01-23T18:15:00Z', 1_364_201_983),
  file('Übersichtsplan.dwg', '2025-12-17T11:32:00Z', 18_540_032),
];

function folder(name: string, time: string, treeSize: number): Entry {
  return { ...file(name, time, 0), kind: 'folder', treeSize: Math.round(treeSize) };
}

function file(name: string, time: string, size: number): Entry {
  return { kind: 'file', name, id: name, etag: 'x', size, created: new Date(time), modified: new Date(time) };
}

const drive = withFaults(createMemoryDrive(), {
  stat: async () => SAMPLE[0]!,
  list: async () => SAMPLE,
  quota: async () => ({ used: 0, available: Math.round(412.6 * 1024 * MIB) }),
});
const door = await startFrontDoor({ mounts: [{ name: 'ada', drive, readOnly: false }] });
await mkdir(IMAGES, { recursive: true });
for (const [scheme, setting] of Object.entries(SCHEMES)) {
  await openInChromium(urlWithPassword(door, PATH), [
    '--window-size=1000,700',
    `--blink-settings=preferredColorScheme=${setting}`,
    `--screenshot=${IMAGES}folder-${scheme}.png`,
  ]);
}
await door.stop();
