import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { send } from '../../src/graph/send.ts';
import type { HttpAnswer, HttpCall, Transport } from '../../src/graph/transport.ts';
import { runWith } from '../../src/lib/permit.ts';

const ANSWER: HttpAnswer = { status: 200, headers: {}, body: Readable.from([]) };
const callOf = (method: string, signal = new AbortController().signal): HttpCall => ({
  method,
  url: 'https://graph.example/',
  headers: {},
  signal,
});

/** Counts what is sent; with `until`, answers never, and fails as fetch does when it is aborted. */
function counting({ hangs = false } = {}) {
  const sent: string[] = [];
  const transport = {
    send: async ({ method, signal }: HttpCall) => {
      sent.push(method);
      if (hangs) {
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      }
      return ANSWER;
    },
  } as unknown as Transport;
  return { transport, sent };
}

it('sends no change once the leave has ended, and reads go on', async () => {
  const { transport, sent } = counting();
  let isHeld = true;
  await runWith({ isHeld: () => isHeld }, async () => {
    await send(transport, callOf('PATCH'));
    isHeld = false;
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      await expect(send(transport, callOf(method))).rejects.toMatchObject({ kind: 'lapsed', mayBeDone: false });
    }
    await send(transport, callOf('GET'));
  });
  await send(transport, callOf('DELETE'));
  expect(sent).toEqual(['PATCH', 'GET', 'DELETE']);
});

it('breaks off a change when the leave ends, and says that it may be done', async () => {
  const { transport } = counting({ hangs: true });
  const lost = new AbortController();
  const sending = runWith({ isHeld: () => true, lost: lost.signal }, () => send(transport, callOf('PUT')));
  lost.abort();
  await expect(sending).rejects.toMatchObject({ kind: 'lapsed', mayBeDone: true, retryAfterSeconds: 1 });
});

it('leaves the end of the client to others', async () => {
  const { transport } = counting({ hangs: true });
  const client = new AbortController();
  const lost = new AbortController();
  const call = callOf('PUT', client.signal);
  const sending = runWith({ isHeld: () => true, lost: lost.signal }, () => send(transport, call));
  client.abort(new Error('gone'));
  await expect(sending).rejects.toThrow('gone');
});
