import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConsentListener, openConsentListener } from '../../src/setup/consent-listener.ts';

let listener: ConsentListener;
let foreign: number;

beforeEach(async () => {
  foreign = 0;
  listener = await openConsentListener({
    host: '127.0.0.1',
    port: 0,
    state: 'ours',
    onForeign: () => {
      foreign += 1;
    },
  });
});
afterEach(() => listener.close());

async function come(path: string, init: RequestInit = {}) {
  const answer = await fetch(`http://127.0.0.1:${listener.port}${path}`, init);
  return { status: answer.status, headers: answer.headers, html: await answer.text() };
}

const query = (parameters: Record<string, string>) =>
  `?${new URLSearchParams({ admin_consent: 'True', ...parameters })}`;

describe('the listener behind the consent page', () => {
  it('shows that consent was granted, at whatever path a proxy makes of it', async () => {
    const { status, html } = await come(`/dav/-/consent${query({ state: 'ours' })}`);
    expect([status, html]).toEqual([200, expect.stringContaining('Consent was granted')]);
    expect(await listener.answer).toEqual({ kind: 'granted' });
  });

  it('answers strays and answers with another state without ending the wait', async () => {
    expect((await come('/favicon.ico')).status).toBe(404);
    expect((await come('/')).html).toContain('waiting for Microsoft');
    expect((await come(`/${query({ state: 'theirs' })}`)).status).toBe(400);
    expect((await come(`/${query({ state: 'theirs', error: 'access_denied' })}`)).html).toContain('setup ignored it');
    expect((await come(`/${query({ state: 'ours' })}`, { method: 'POST' })).status).toBe(404);
    expect((await come(`/${query({ state: 'ours' })}`, { method: 'HEAD' })).status).toBe(404);
    expect(await Promise.race([listener.answer, 'still waiting'])).toBe('still waiting');
    expect(foreign).toBe(2);
    await come(`/${query({ state: 'ours' })}`);
    expect((await listener.answer).kind).toBe('granted');
  });

  it('lets the first answer count, however often the browser asks', async () => {
    const refusal = query({ state: 'ours', error: 'access_denied', error_description: 'AADSTS65004: no' });
    expect((await come(`/${refusal}`)).html).toContain('Consent was refused');
    expect((await come(`/${query({ state: 'ours' })}`)).html).toContain('Consent was refused');
    expect((await listener.answer).kind).toBe('refused');
  });

  it("shows Microsoft's words as text, whatever is in them", async () => {
    const words = `AADSTS65004: <img src=x onerror="alert('1')"> & </code>`;
    const { html, headers } = await come(`/${query({ state: 'ours', error: '<b>', error_description: words })}`);
    expect(html).toContain(
      '&lt;b&gt;: AADSTS65004: &lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; &lt;/code&gt;',
    );
    expect(html).not.toMatch(/<img|<b>/);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]+='; /);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('is open to the browser however many connections ask nothing, and drops the oldest of those', async () => {
    const silent = Array.from({ length: 40 }, () => connect(listener.port, '127.0.0.1').on('error', () => {}));
    try {
      await Promise.all(silent.slice(0, 8).map(socket => once(socket, 'close')));
      expect((await come(`/${query({ state: 'ours' })}`)).status).toBe(200);
      expect(silent.filter(socket => !socket.closed).length).toBeGreaterThan(0);
    } finally {
      for (const socket of silent) {
        socket.destroy();
      }
    }
  });

  it('waits for no request longer than its time', async () => {
    const options = { host: '127.0.0.1', port: 0, state: 'x', onForeign: () => {}, requestTimeoutMs: 50 };
    const impatient = await openConsentListener(options);
    const [silent, slow] = [connect(impatient.port, '127.0.0.1'), connect(impatient.port, '127.0.0.1')];
    slow.write('GET / HTTP/1.1\r\nHost: x\r\n');
    for (const socket of [silent, slow]) {
      socket.resume();
    }
    await Promise.all([once(silent, 'close'), once(slow, 'close')]);
    await impatient.close();
  });

  it('rejects where the port is taken', async () => {
    const second = openConsentListener({ host: '127.0.0.1', port: listener.port, state: 'x', onForeign: () => {} });
    await expect(second).rejects.toThrow('EADDRINUSE');
  });
});
