import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import type { MailboxHandle } from '../../src/emulator/emulator.ts';
import { PHONE, startAppBrowser } from '../support/app-browser.ts';
import buildBrowserApp from '../support/build-browser-app.ts';
import { davClient } from '../support/dav-client.ts';
import { makeShare } from '../support/shares.ts';
import { startTestServer } from '../support/test-server.ts';

/** Takes the pictures of the app for the documentation: `npm run screenshots`. Needs Debian's Chromium. */

const IMAGES = fileURLToPath(new URL('../../docs/images', import.meta.url));
const DESKTOP = { viewport: { width: 1200, height: 720 } };

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly options: BrowserContextOptions;
  /** Brings the page to what is shown. */
  readonly prepare: (page: Page) => Promise<unknown>;
}

/** `send`: the path of a share that takes files. */
const shotsOf = (send: string): readonly Shot[] => [
  {
    name: 'browser-list-light',
    path: '/ada/Projects/Harbour/',
    options: { ...DESKTOP, colorScheme: 'light' },
    prepare: async page => {
      await page.getByRole('checkbox', { name: 'Select Budget 2026.xlsx' }).check();
      await page.getByRole('checkbox', { name: 'Select Contract.pdf' }).check();
    },
  },
  {
    name: 'browser-list-dark',
    path: '/ada/Projects/Harbour/',
    options: { ...DESKTOP, colorScheme: 'dark' },
    prepare: showUploads,
  },
  {
    name: 'browser-tiles-light',
    path: '/ada/Pictures/',
    options: { ...DESKTOP, colorScheme: 'light' },
    prepare: async page => {
      await page.getByRole('button', { name: 'Thumbnails' }).click();
      await page.locator('.tile').first().waitFor();
      await page.waitForFunction(() => [...document.images].every(({ complete }) => complete));
    },
  },
  {
    name: 'browser-preview-dark',
    path: '/ada/Projects/Harbour/',
    options: { ...DESKTOP, colorScheme: 'dark' },
    prepare: async page => {
      await page.getByRole('link', { name: 'Read me.md' }).click();
      await page.locator('.prose h1').waitFor();
    },
  },
  {
    name: 'browser-details-light',
    path: '/ada/Projects/Harbour/',
    options: { ...DESKTOP, colorScheme: 'light' },
    prepare: async page => {
      await page.getByText('Read me.md').click({ button: 'right' });
      await page.getByRole('menuitem', { name: 'Details' }).click();
      await page.getByRole('dialog').getByText('Current').waitFor();
    },
  },
  {
    name: 'browser-share-light',
    path: '/ada/Projects/Harbour/',
    options: { ...DESKTOP, colorScheme: 'light' },
    prepare: showShare,
  },
  {
    name: 'browser-share-phone',
    path: '/ada/Projects/Harbour/',
    options: { ...PHONE, deviceScaleFactor: 2, colorScheme: 'light' },
    prepare: showShare,
  },
  {
    name: 'browser-send-phone',
    path: send,
    options: { ...PHONE, deviceScaleFactor: 2, colorScheme: 'light' },
    prepare: sendFiles,
  },
  {
    name: 'browser-phone-light',
    path: '/ada/Projects/Harbour/',
    options: { ...PHONE, deviceScaleFactor: 2, colorScheme: 'light' },
    prepare: page => page.getByRole('grid').waitFor(),
  },
  {
    name: 'browser-phone-dark',
    path: '/ada/Pictures/',
    options: { ...PHONE, deviceScaleFactor: 2, colorScheme: 'dark' },
    prepare: async page => {
      await page.getByRole('button', { name: 'Thumbnails' }).click();
      await page.waitForFunction(() => [...document.images].every(({ complete }) => complete));
    },
  },
];

const NOTES = `# Harbour

The new quay, from the first sketch to the opening.

| When | What |
| --- | --- |
| March | Soundings, **permit** |
| May | Piles |
| September | Opening |

- [x] Ask the fishermen
- [ ] Lamps: see \`Drawings/lamps.dwg\`

> A harbour is a promise that somebody comes back.
`;

await buildBrowserApp();
await mkdir(IMAGES, { recursive: true });
const server = await startTestServer({
  yaml: ['shares: {}'],
  seed: emulator => seed(emulator.mailbox('ada@contoso.com')),
});
const browser = await startAppBrowser();
try {
  const dav = davClient(server);
  const send = await makeShare(dav, '/ada/Projects/Harbour/Letters/', { kind: 'upload' });
  await makeShare(dav, '/ada/Projects/Harbour/Drawings/', { kind: 'upload', days: 3, password: 'low tide at noon' });
  for (const { name, path, options, prepare } of shotsOf(send.root)) {
    const { page, context } = await browser.open(server, { reducedMotion: 'reduce', locale: 'en-GB', ...options });
    await page.goto(`${server.url}${path}`);
    await page.locator('#entries, .send-page').waitFor();
    await prepare(page);
    await page.screenshot({ path: join(IMAGES, `${name}.png`) });
    await context.close();
    console.log(`docs/images/${name}.png`);
  }
} finally {
  await browser[Symbol.asyncDispose]();
  await server.stop();
}

/** One link is there already, and another one is being made. */
async function showShare(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'More actions: Drawings' }).click();
  await page.getByRole('menuitem', { name: 'Share' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('listitem').waitFor();
  await dialog.getByLabel('Password').fill('low tide at noon');
}

async function sendFiles(page: Page): Promise<void> {
  await dropFiles(page, [
    ['Letter to the mayor.pdf', 2e5],
    ['Pier in the fog.jpg', 3e5],
  ]);
  await page.locator('.upload.done').nth(1).waitFor();
}

async function dropFiles(page: Page, files: readonly (readonly [name: string, bytes: number])[]): Promise<void> {
  await page.evaluate(`(() => {
    const data = new DataTransfer();
    for (const [name, size] of ${JSON.stringify(files)}) {
      data.items.add(new File([new Uint8Array(size)], name));
    }
    document.querySelector('.app').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  })()`);
}

async function showUploads(page: Page): Promise<void> {
  await page.route('**/Site visit/**', () => {});
  await page.route('**/Plan B.dwg', () => {});
  await dropFiles(page, [
    ['Minutes.docx', 2e4],
    ['Photo of the pier.jpg', 3e5],
    ['Plan B.dwg', 9e6],
  ]);
  await page.locator('.upload.done').nth(1).waitFor();
  await page.getByText('Photo of the pier.jpg').first().waitFor();
}

async function seed(ada: MailboxHandle): Promise<void> {
  const folder = '/Projects/Harbour';
  for (const name of ['Drawings', 'Letters', 'Meetings', 'Site visit']) {
    ada.mkdir(`${folder}/${name}`);
  }
  const files: readonly [name: string, bytes: number, day: string][] = [
    ['Budget 2026.xlsx', 48_213, '2026-03-02T09:14:00Z'],
    ['Contract.pdf', 1_482_113, '2026-02-11T16:40:00Z'],
    ['Data from the gauges.zip', 9_482_113, '2026-01-30T11:05:00Z'],
    ['Interview.mp3', 4_182_113, '2026-02-20T13:30:00Z'],
    ['Kick-off.pptx', 2_182_113, '2026-01-12T08:00:00Z'],
    ['Report, first draft.docx', 88_213, '2026-03-05T17:22:00Z'],
    ['Walk along the quay.mp4', 8_182_113, '2026-02-27T10:10:00Z'],
    ['levels.py', 4_213, '2026-02-14T22:41:00Z'],
  ];
  for (const [name, bytes, day] of files) {
    await ada.put(`${folder}/${name}`, Buffer.alloc(bytes, name), { modified: new Date(day) });
  }
  await ada.put(`${folder}/Read me.md`, '# Harbour\n', { modified: new Date('2026-01-10T08:00:00Z') });
  await ada.put(`${folder}/Read me.md`, NOTES, { modified: new Date('2026-03-04T08:30:00Z') });
  await ada.put(`${folder}/Front.jpg`, await paint(4), { modified: new Date('2026-02-27T10:12:00Z') });
  for (let index = 0; index < 14; index += 1) {
    await ada.put(`/Pictures/Harbour ${index + 1}.jpg`, await paint(index), {
      modified: new Date('2026-02-27T10:12:00Z'),
    });
  }
}

/** A picture that nobody owns: hills before a sky. */
function paint(index: number): Promise<Buffer> {
  const hue = (index * 47 + 190) % 360;
  const hill = (y: number, light: number) =>
    `<path d="M0 ${y} C 120 ${y - 60 - index * 4}, 220 ${y + 30}, 320 ${y - 40} S 480 ${y - 10}, 480 ${y - 30} V320 H0z" fill="hsl(${hue} 35% ${light}%)"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="320"><defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="hsl(${hue} 70% 62%)"/><stop offset="1" stop-color="hsl(${(hue + 40) % 360} 80% 88%)"/></linearGradient></defs><rect width="480" height="320" fill="url(#s)"/><circle cx="${90 + index * 22}" cy="90" r="28" fill="hsl(45 95% 88%)"/>${hill(210, 55)}${hill(250, 38)}${hill(290, 24)}</svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 82 }).toBuffer();
}
