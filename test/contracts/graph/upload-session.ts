import { expect } from 'vitest';
import { type Answer, expectAnswer, type Item, jsonOf } from './answer.ts';
import type { Bench } from './bench.ts';

/**
 * Fragments that are not the last are a multiple of this (createUploadSession, "Upload bytes to the upload session").
 */
export const FRAGMENT = 327_680;

export interface SessionBody {
  readonly uploadUrl: string;
  readonly expirationDateTime: string;
  readonly nextExpectedRanges: string[];
}

export interface SessionOptions {
  readonly conflictBehavior?: string;
  readonly item?: Record<string, unknown>;
  readonly deferCommit?: boolean;
  readonly headers?: Record<string, string>;
}

export function createSession(bench: Bench, parent: Item, name: string, options: SessionOptions = {}): Promise<Answer> {
  return createSessionAt(bench, bench.child(parent, name), options);
}

/** `path` is the path of an item. */
export function createSessionAt(
  bench: Bench,
  path: string,
  { conflictBehavior = 'replace', item = {}, deferCommit, headers }: SessionOptions = {},
): Promise<Answer> {
  const json = { item: { '@microsoft.graph.conflictBehavior': conflictBehavior, ...item }, deferCommit };
  return bench.graph('POST', `${path}/createUploadSession`, { json, headers });
}

/** Opens a session, which must succeed, and gives its URL. */
export async function openSession(bench: Bench, parent: Item, name: string, options?: SessionOptions): Promise<string> {
  return sessionOf(await createSession(bench, parent, name, options)).uploadUrl;
}

export function sessionOf(answer: Answer): SessionBody {
  expectAnswer(answer, 200);
  return jsonOf<SessionBody>(answer);
}

/** Bytes that repeat after a prime, so that misplaced fragments show. */
export function contentOf(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, index) => index % 251);
}

export interface Fragment {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly start: number;
  readonly end: number;
  /** The size that Content-Range names; that of `content` by default. */
  readonly total?: number;
}

/** Sends `content` from `start` to before `end`. */
export function sendFragment(bench: Bench, url: string, fragment: Fragment): Promise<Answer> {
  const { content, start, end, total = content.length } = fragment;
  const headers = { 'Content-Range': `bytes ${start}-${end - 1}/${total}` };
  return bench.open('PUT', url, { headers, body: content.slice(start, end) });
}

export function sendWhole(bench: Bench, url: string, content: Uint8Array<ArrayBuffer>): Promise<Answer> {
  return sendFragment(bench, url, { content, start: 0, end: content.length });
}

export async function statusOf(bench: Bench, url: string): Promise<SessionBody> {
  const answer = await bench.open('GET', url);
  expectAnswer(answer, 200);
  return jsonOf<SessionBody>(answer);
}

/** The offset at which the session goes on. */
export function nextOffset({ nextExpectedRanges }: SessionBody): number {
  expect(nextExpectedRanges.length).toBeGreaterThan(0);
  return Number(nextExpectedRanges[0]!.split('-')[0]);
}
