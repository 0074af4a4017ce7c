import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBrowserSession } from '../support/browser-session.ts';
import { urlWithPassword } from '../support/chromium.ts';
import { davClient } from '../support/dav-client.ts';
import { makeShare } from '../support/shares.ts';
import { startTestServer } from '../support/test-server.ts';

/*
 * Makes the picture of docs/running-server.md: `node test/clients/status-screenshot.ts` writes docs/images/status.png.
 * It needs Chromium; the picture uses whatever sans-serif this machine has.
 */

const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const LOCK =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';

const server = await startTestServer({ isOperator: true, yaml: ['shares: {}'] });
await server.mailboxes.ada.put('/Reports/2026.xlsx', Buffer.alloc(3_000_000));
await server.mailboxes.grace.put('/Films/talk.mp4', Buffer.alloc(40_000_000));
const dav = davClient(server);
await dav('PROPFIND', '/grace/', { Depth: '1' });
await dav('LOCK', '/ada/Reports/2026.xlsx', {}, LOCK);
await makeShare(dav, '/ada/Reports/2026.xlsx', { kind: 'read', days: 7, maxDownloads: 3 });
await makeShare(dav, '/grace/Films/', { kind: 'upload', days: 2, password: 'low tide at noon' });
await using browser = await openBrowserSession();
await browser.open(urlWithPassword(server, '-/status'));
// Until the space of the drives is known.
do {
  await browser.open(`${server.url}/-/status`);
} while (!(await browser.text()).includes('grace'));
await mkdir(IMAGES, { recursive: true });
await browser.screenshot(join(IMAGES, 'status.png'), { width: 1100, height: 1400, scheme: 'light' });
await server.stop();
process.exit();
