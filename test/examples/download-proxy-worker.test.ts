import { readFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { signPath } from '../../src/downloads/signature.ts';
import { FILE, OLD } from '../support/proxied-stub.ts';

const PROXY = new URL('../../examples/download-proxy/proxy.js', import.meta.url);

describe('proxy.js', () => {
  const settings = { ADDRESS: 'https://files.example.com', KEYS: OLD };
  const signed = `https://dl.example.com${FILE}?sign=${signPath(FILE, 0, OLD)}`;

  interface Worker {
    fetch(request: Request, env: object, parts: object): Promise<Response>;
  }

  async function load(): Promise<Record<string, unknown> & { default: Worker }> {
    return import(PROXY.href);
  }

  it('is a Worker as it is: one file without imports, and one object that answers', async () => {
    const source = await readFile(PROXY, 'utf8');
    expect(source).not.toMatch(/\bimport\b|\brequire\b|\bprocess\b|\bBuffer\b/);
    const module = await load();
    expect(Object.keys(module)).toEqual(['default']);
    // What Workers hand over as the third has methods of its own.
    const answer = await module.default.fetch(new Request(signed.slice(0, -1)), settings, { waitUntil: () => {} });
    expect(answer.status).toBe(403);
  });

  it('refuses HEAD without a body', async () => {
    const { default: worker } = await load();
    const answer = await worker.fetch(new Request(`${signed}1`, { method: 'HEAD' }), settings, {});
    expect([answer.status, answer.body]).toEqual([403, null]);
  });

  it('waits a minute for an answer, and then says 504', async () => {
    const { default: worker } = await load();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    vi.stubGlobal('fetch', (_url: string, { signal }: { signal: AbortSignal }) => {
      resolve();
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    try {
      const answer = worker.fetch(new Request(signed), settings, { log: () => {} });
      await asked;
      vi.advanceTimersByTime(60_000);
      expect([(await answer).status, await (await answer).text()]).toEqual([
        504,
        'the WebDAV server does not answer\n',
      ]);
    } finally {
      vi.unstubAllGlobals();
      vi.useRealTimers();
    }
  });
});
