import { parentPort } from 'node:worker_threads';
import type { HashJob } from './hash-threads.ts';
import { type Argon2Hash, verifyPasswordNow } from './passwords.ts';

/** One password at a time; it blocks the thread, which has no other work. */
parentPort?.on('message', ({ password, expected }: HashJob) => {
  const isRight = verifyPasswordNow(password, 'bcrypt' in expected ? expected : withBuffers(expected));
  parentPort?.postMessage(isRight);
});

/** Between threads a Buffer becomes a plain Uint8Array. */
function withBuffers(expected: Argon2Hash): Argon2Hash {
  return { ...expected, salt: Buffer.from(expected.salt), tag: Buffer.from(expected.tag) };
}
