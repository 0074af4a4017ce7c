import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { clockCheck } from '../../src/doctor/clock.ts';
import { GraphError } from '../../src/graph/errors.ts';
import type { HttpAnswer, Transport } from '../../src/graph/transport.ts';
import { fakeClock } from '../support/fake-clock.ts';

const NOW = Date.parse('2026-03-04T05:06:07Z');

function checkWith(answers: Record<string, Record<string, string> | Error>) {
  const send = async ({ url }: { url: string }): Promise<HttpAnswer> => {
    const headers = answers[new URL(url).origin]!;
    if (headers instanceof Error) {
      throw headers;
    }
    return { status: 302, headers, body: Readable.from([Buffer.from('page')]) as HttpAnswer['body'] };
  };
  const transport = { send } as unknown as Transport;
  return clockCheck({ transport, origins: Object.keys(answers), tenant: undefined, needs: [], clock: fakeClock(NOW) });
}

it.each([
  ['Wed, 04 Mar 2026 05:06:50 GMT', 'ok', /agrees with that of login\.example/, false],
  ['Wed, 04 Mar 2026 05:04:07 GMT', 'warning', /is 2 min ahead of that of login\.example/, false],
  ['Wed, 04 Mar 2026 05:10:07 GMT', 'warning', /is 4 min behind that of/, false],
  ['Wed, 04 Mar 2026 05:26:07 GMT', 'failure', /is 20 min behind that of/, true],
  ['Tue, 03 Mar 2026 23:06:07 GMT', 'failure', /is 6 h ahead of that of/, true],
])('the clock against the Date %s', async (date, level, saw, isWrong) => {
  const check = checkWith({ 'https://login.example': { date } });
  expect(await check.run(new AbortController().signal)).toMatchObject([{ level, saw: expect.stringMatching(saw) }]);
  expect(check.isWrong()).toBe(isWrong);
});

it('the clock is compared with the next host when the first does not tell, and with none when nobody does', async () => {
  const silent = { 'https://login.example': new GraphError('network', 'broken'), 'https://graph.example': {} };
  const { signal } = new AbortController();
  expect(await checkWith(silent).run(signal)).toMatchObject([{ level: 'skipped' }]);
  const second = { ...silent, 'https://graph.example': { date: 'Wed, 04 Mar 2026 05:06:07 GMT' } };
  expect(await checkWith(second).run(signal)).toMatchObject([
    { level: 'ok', saw: expect.stringContaining('graph.example') },
  ]);
});
