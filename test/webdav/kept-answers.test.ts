import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { KeptAnswers } from '../../src/webdav/kept-answers.ts';

const always = () => true;

/** Takes what is sent. */
function sink() {
  const sent: unknown[] = [];
  const response = {
    writeHead: (...head: unknown[]) => void sent.push(...head),
    end: (body?: string | Buffer, coding?: BufferEncoding) =>
      void sent.push(body === undefined ? undefined : Buffer.from(body as string, coding).toString()),
  };
  return { sent, response: response as unknown as ServerResponse };
}

describe('answers in memory', () => {
  it('go out as they came', () => {
    const answers = new KeptAnswers(1024 ** 2);
    const headers = { ETag: '"x"' };
    answers.keep('text', { status: 207, headers, body: 'größer als Latin-1: 你好' }, [always]);
    answers.keep('bytes', { status: 200, headers, body: Buffer.from('bytes') }, [always]);
    answers.keep('none', { status: 304, headers }, [always]);
    for (const [key, status, body] of [
      ['text', 207, 'größer als Latin-1: 你好'],
      ['bytes', 200, 'bytes'],
      ['none', 304, undefined],
    ] as const) {
      const { sent, response } = sink();
      expect([answers.send(key, response), ...sent]).toEqual([true, status, headers, body]);
    }
    expect(answers.send('another', sink().response)).toBe(false);
  });

  it('are gone for good when one thing that they rest on has changed', () => {
    const answers = new KeptAnswers(1024 ** 2);
    let holds = true;
    answers.keep('key', { status: 200, headers: {} }, [always, () => holds]);
    expect(answers.send('key', sink().response)).toBe(true);
    holds = false;
    const { sent, response } = sink();
    expect([answers.send('key', response), sent]).toEqual([false, []]);
    holds = true;
    expect([answers.send('key', response), answers.bytes]).toEqual([false, 0]);
  });

  it('take no more than their memory, and one of them only a part of it', () => {
    const max = 256 * 1024;
    const answers = new KeptAnswers(max);
    answers.keep('large', { status: 200, headers: {}, body: 'x'.repeat(max / 16) }, [always]);
    expect(answers.bytes).toBe(0);
    for (let count = 0; count < 1_000; count += 1) {
      answers.keep(`key ${count}`, { status: 200, headers: { ETag: String(count) }, body: 'x'.repeat(500) }, [always]);
      expect(answers.bytes).toBeLessThanOrEqual(max);
    }
    expect(answers.bytes).toBeGreaterThan(max / 2);
    expect(answers.send('key 0', sink().response)).toBe(false);
    expect(answers.send('key 999', sink().response)).toBe(true);
  });
});
