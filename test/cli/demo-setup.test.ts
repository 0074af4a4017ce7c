import { afterEach, describe, expect, it } from 'vitest';
import { decideConsent, plainBrowser } from '../support/consent-browser.ts';
import { davClient, hrefsOf } from '../support/dav-client.ts';
import { describeWith } from '../support/foreign-client.ts';
import { startAtTerminal, startCommand, stopCommands } from '../support/setup-process.ts';

afterEach(stopCommands);

describe('demo --setup', () => {
  it('sets up the sample tenant from nothing by itself, serves it, and leaves nothing running', async () => {
    const command = startCommand(['demo', '--setup', '--port', '0', '--json']);
    await command.seen(/Consent was granted\./);
    const info = JSON.parse((await command.seen(/^\{.*\}$/m))[0]);
    expect(info).toMatchObject({ user: 'demo', pid: command.child.pid, mounts: ['ada', 'grace', 'alan', 'new.hire'] });
    const dav = davClient({ ...info, url: info.url.replace(/\/$/, '') });
    expect(hrefsOf((await dav('PROPFIND', '/ada/', { Depth: '1' })).text)).toContain('/ada/Odd%20names/');
    expect((await dav('PROPFIND', '/new.hire/', { Depth: '1' })).status).toBe(404);
    command.child.kill('SIGTERM');
    const { code, stderr } = await command.done;
    expect([code, stderr]).toEqual([0, expect.stringMatching(/new\.hire@contoso\.com: the user has no OneDrive yet/)]);
    expect(stderr).not.toContain(info.emulator.clientSecret);
    expect(() => process.kill(info.emulator.pid, 0)).toThrow('ESRCH');
  });
});

describeWith('expect', 'demo --setup at a terminal', () => {
  it('waits for a browser without a proxy, asks, and serves what was chosen', async () => {
    const typing = [
      'expect -re {Which OneDrives}',
      'send -- "\\033\\[B\\033\\[B\\r"',
      'expect -re {space bar}',
      'send -- " \\r"',
      'expect -re {User name}',
      'send -- "\\r"',
      'expect -re {Password for it}',
      'send -- "\\r"',
      'expect -re {Write }',
      'send -- "\\r"',
      'expect -re {Ctrl.C ends it}',
      'send -- "\\003"',
    ];
    const command = startAtTerminal(['demo', '--setup', '--port', '0'], typing.join('\n'));
    const [url] = await command.seen(/http:\/\/127\.0\.0\.1:\d+\/\S+adminconsent\?\S+/);
    const { html } = await decideConsent(plainBrowser, url);
    expect(html).toContain('Consent was granted');
    const { code, stdout } = await command.done;
    expect([code, stdout]).toEqual([0, expect.stringMatching(/user {6}ada\r\n/)]);
  });
});
