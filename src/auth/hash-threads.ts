import { Worker } from 'node:worker_threads';
import type { PasswordHash } from './passwords.ts';

export interface HashJob {
  readonly password: string;
  readonly expected: PasswordHash;
}

/** A thread takes some megabytes, which a server without sign-ins can save. */
const IDLE_MS = 60_000;
/** In the build, the neighbouring file has another name. */
const FILE = new URL(import.meta.url.endsWith('.ts') ? './hash-worker.ts' : './hash-worker.js', import.meta.url);

/**
 * Threads that only check passwords. In Node's thread pool, with four threads for everything, guesses would delay file
 * reads, DNS and compression, and with them every upload. Callers must limit the number of concurrent checks.
 */
export class HashThreads {
  readonly #idle: { readonly worker: Worker; readonly timer: NodeJS.Timeout }[] = [];

  /** Returns true when the password has this hash. Throws when the thread fails. */
  async verify(password: string, expected: PasswordHash): Promise<boolean> {
    const worker = this.#take();
    const isRight = await new Promise<boolean>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the thread that checks passwords has ended')));
      worker.ref();
      worker.postMessage({ password, expected } satisfies HashJob);
    });
    this.#giveBack(worker);
    return isRight;
  }

  #take(): Worker {
    const known = this.#idle.pop();
    if (known === undefined) {
      return new Worker(FILE);
    }
    clearTimeout(known.timer);
    return known.worker;
  }

  #giveBack(worker: Worker): void {
    worker.removeAllListeners('message').removeAllListeners('error').removeAllListeners('exit');
    // Neither keeps an otherwise idle process alive.
    worker.unref();
    const timer = setTimeout(() => this.#end(worker), IDLE_MS).unref();
    // A thread that fails while idle is not used again.
    worker.once('error', () => this.#end(worker));
    this.#idle.push({ worker, timer });
  }

  #end(worker: Worker): void {
    const index = this.#idle.findIndex(idle => idle.worker === worker);
    if (index !== -1) {
      this.#idle.splice(index, 1);
    }
    void worker.terminate();
  }
}
