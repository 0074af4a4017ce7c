import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { eventually } from '../support/eventually.ts';
import { openReloadServer } from '../support/reload-server.ts';

/** Time that a test can move on. The minute between two looks at the health is short; other waits are as long as ever. */
function movingClock(): Clock & { move(milliseconds: number): void } {
  let ahead = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + ahead,
    sleep: (milliseconds, ...rest) => systemClock.sleep(milliseconds === 60_000 ? 20 : milliseconds, ...rest),
    move: milliseconds => {
      ahead += milliseconds;
    },
  };
}

/** A server of two tenants, Contoso with Ada and Fabrikam with Li. */
async function serveTwo(change: { readonly secret?: string; readonly clock?: Clock } = {}) {
  let tenants = {};
  let li = '';
  const server = await openReloadServer({
    clock: change.clock,
    seed: emulator => {
      const fabrikam = emulator.addTenant({ name: 'fabrikam' });
      li = fabrikam.addMailbox({ upn: 'li@fabrikam.com' }).driveId;
      const of = ({ tenantId, clientId, clientSecret }: typeof emulator | typeof fabrikam) => {
        return { tenantId, clientId, clientSecret, contentHosts: ['127.0.0.1'] };
      };
      tenants = {
        contoso: of(emulator),
        fabrikam: { ...of(fabrikam), clientSecret: change.secret ?? fabrikam.clientSecret },
      };
    },
    config: () => ({
      ...{ tenant: undefined, tenants, metrics: true },
      mounts: [
        { mailbox: 'ada@contoso.com', tenant: 'contoso' },
        { mailbox: 'li@fabrikam.com', tenant: 'fabrikam' },
      ],
    }),
  });
  const page = async (name: string) => {
    const answer = await fetch(new URL(`-/${name}`, server.url));
    return `${answer.status} ${await answer.text()}`;
  };
  const list = async (mount: string) => (await server.dav()('PROPFIND', `/${mount}/`, { Depth: '1' })).status;
  let asked = 0;
  /** A request that no memory can answer. */
  const put = async (mount: string) => {
    asked += 1;
    return (await server.dav()('PUT', `/${mount}/${asked}`, {}, 'text')).status;
  };
  return { ...server, li, page, list, put };
}

describe('two tenants', () => {
  it('of which one is refused: its part fails, the other serves, and the server stays ready', async () => {
    const { page, list } = await serveTwo({ secret: 'wrong' });
    await eventually(async () =>
      expect(await page('readyz?verbose')).toMatch(
        /^200 ready, but Microsoft refuses the credential \(1 of 2 tenants\)\n/,
      ),
    );
    expect(await Promise.all([list('ada'), list('li')])).toEqual([207, 503]);
    const metrics = await page('metrics');
    expect(metrics).toContain('onedrive_webdav_part_healthy{part="credential",tenant="contoso"} 1\n');
    expect(metrics).toContain('onedrive_webdav_part_healthy{part="credential",tenant="fabrikam"} 0\n');
  });

  it('of which one cannot be reached at Graph: it is told after a pattern of failures, and over by one answer', async () => {
    const clock = movingClock();
    const { emulator, page, list, put, li, logged } = await serveTwo({ clock });
    const troubles = () => logged.filter(({ part }) => part === 'microsoft');
    expect(await Promise.all([list('ada'), list('li')])).toEqual([207, 207]);
    let isDown = true;
    emulator.setFault((operation, { path }) =>
      isDown && (path.includes(li) || operation === 'site-get') ? { status: 502 } : undefined,
    );
    expect(await put('li')).toBeGreaterThanOrEqual(500);
    expect(await page('readyz')).toBe('200 ready\n');
    clock.move(15_000);
    expect(await put('li')).toBeGreaterThanOrEqual(500);
    expect(await put('ada')).toBe(201);
    expect(await page('readyz')).toBe(
      '200 ready, but Microsoft Graph cannot be reached, or answers with errors only (1 of 2 tenants)\n',
    );
    expect(troubles()).toMatchObject([{ level: 50, part: 'microsoft', tenant: 'fabrikam' }]);
    isDown = false;
    // Nobody asks for a file: the server looks by itself.
    await eventually(async () => expect(await page('readyz')).toBe('200 ready\n'));
    expect(await put('li')).toBe(201);
    expect(troubles().map(({ level }) => level)).toEqual([50, 30]);
  });
});
