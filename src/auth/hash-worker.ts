import { parentPort } from 'node:worker_threads';
import type { HashJob } from './hash-threads.ts';
import { verifyPasswordNow } from './passwords.ts';

/** One password at a time; it blocks the thread, which has no other work. */
parentPort?.on('message', ({ password, expected }: HashJob) => {
  const { salt, tag } = expected;
  // Between threads a Buffer becomes a plain Uint8Array.
  const isRight = verifyPasswordNow(password, { ...expected, salt: Buffer.from(salt), tag: Buffer.from(tag) });
  parentPort?.postMessage(isRight);
});
