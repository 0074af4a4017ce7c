import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/test-server.ts';
import { readTraces, type Trace } from './trace-file.ts';
import { playSteps } from './trace-player.ts';
import { callsWithJunk, checkTenant, describeCalls, seed } from './trace-tenant.ts';

const traces = await readTraces(fileURLToPath(new URL('traces', import.meta.url)));

/** A trace carries up to 300 MiB, and two workers share two cores. */
const TIMEOUT_MS = 180_000;

const PUBLIC_URL = 'https://files.example.com:8443';

let server: TestServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

it.each(traces.map(trace => [trace.file.replace('.yaml', ''), trace] as const))(
  '%s',
  async (_, trace) => {
    server = await startTestServer({ others: ['other'], yaml: [`publicUrls: ["${PUBLIC_URL}"]`] });
    await play(trace, server);
  },
  TIMEOUT_MS,
);

async function play(trace: Trace, { url, user, password, others, emulator, mailboxes }: TestServer): Promise<void> {
  await seed(trace.given, mailboxes);
  const users = { a: { user, password }, b: others[0]! };
  const counted = await playSteps(trace, { url, publicUrl: PUBLIC_URL, users, calls: emulator.calls });
  const { graphCalls } = trace.then;
  const said = `${trace.client} ${trace.title}: ${describeCalls(counted)}`;
  if (graphCalls !== undefined) {
    console.log(said);
  }
  expect(await checkTenant(trace.then, mailboxes)).toEqual([]);
  expect(callsWithJunk(emulator.calls)).toEqual([]);
  expect(emulator.violations).toEqual([]);
  expect(emulator.openUploadSessions()).toBe(0);
  expect(counted.length, said).toBeLessThanOrEqual(graphCalls?.max ?? Number.POSITIVE_INFINITY);
}
