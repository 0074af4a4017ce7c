import { expect, it } from 'vitest';
import { axeFindings } from '../support/axe.ts';
import { openBrowserSession } from '../support/browser-session.ts';
import { urlWithPassword } from '../support/chromium.ts';
import { davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { startTestServer } from '../support/test-server.ts';

const LOCK =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';

describeWith('chromium', 'the status page in Chromium', () => {
  it('shows the operator each new state, without a breach of the policy', async () => {
    const server = await startTestServer({ isOperator: true });
    await using browser = await openBrowserSession();
    try {
      const dav = davClient(server);
      await browser.open(urlWithPassword(server, '-/status'));
      expect(await browser.text()).toContain('Server status');
      await dav('LOCK', '/ada/locked', {}, LOCK);
      // Not its path, which the request has as well.
      await eventually(async () => expect(await browser.text()).toContain('exclusive'));
      expect(await axeFindings(browser)).toEqual([]);
      await browser.run('window.confirm = () => true; undefined');
      await browser.click('form[action="?action=break-lock"] button');
      expect(await browser.url()).toMatch(/\/-\/status\?$/);
      expect(await browser.text()).not.toContain('exclusive');
      expect(browser.console).toEqual([]);
    } finally {
      await server.stop();
    }
  });
});
