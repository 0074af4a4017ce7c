import { expect } from 'vitest';
import type { TestServer } from '../support/test-server.ts';
import type { Trace } from './trace-file.ts';
import { playSteps } from './trace-player.ts';
import { callsWithJunk, checkTenant, describeCalls, seed } from './trace-tenant.ts';

/** A trace carries up to 300 MiB, and two workers share two cores. */
export const TRACE_TIMEOUT_MS = 180_000;
/** The server, or the proxy in front of it, as traces that know it by its public name expect it. */
export const PUBLIC_URL = 'https://files.example.com:8443';
/** What a configuration needs for traces. */
export const TRACE_OPTIONS = { others: ['other'], yaml: [`publicUrls: ["${PUBLIC_URL}"]`] };

export type TraceServer = Pick<TestServer, 'url' | 'user' | 'password' | 'others' | 'emulator' | 'mailboxes'>;

/** Plays a trace against a server over an empty tenant. Returns how many Graph calls were counted, and how to say it. */
export async function playTrace(trace: Trace, server: TraceServer): Promise<{ count: number; said: string }> {
  const { url, user, password, others, emulator, mailboxes } = server;
  await seed(trace.given, mailboxes);
  const users = { a: { user, password }, b: others[0]! };
  const counted = await playSteps(trace, { url, publicUrl: PUBLIC_URL, users, calls: emulator.calls });
  expect(await checkTenant(trace.then, mailboxes)).toEqual([]);
  expect(callsWithJunk(emulator.calls)).toEqual([]);
  expect(emulator.violations).toEqual([]);
  expect(emulator.openUploadSessions()).toBe(0);
  return { count: counted.length, said: `${trace.client} ${trace.title}: ${describeCalls(counted)}` };
}
