import { RequestError } from '../dav/errors.ts';
import { send } from '../dav/methods.ts';
import type { Job, Sending, Transport } from './transport.ts';

/** Names in a row that are tried for one file. */
const MAX_TAKEN = 50;

/**
 * Sends into a share that only takes new files. Its answer is the same where a name is taken and where nothing is taken
 * any more; the share itself says which it is.
 */
export class SendOnlyTransport implements Transport {
  readonly #through: Transport;
  readonly #root: string;
  readonly #taken = new WeakMap<File, number>();

  /** `root`: the href of the share. */
  constructor(through: Transport, root: string) {
    this.#through = through;
    this.#root = root;
  }

  async send(job: Job, sending: Sending): Promise<void> {
    try {
      await this.#through.send(job, sending);
    } catch (error) {
      if (error instanceof RequestError && error.code === 'forbidden' && this.#mayBeTaken(job.file)) {
        await send('HEAD', this.#root, { signal: sending.signal });
        throw new RequestError('precondition', { status: 412 });
      }
      throw error;
    }
  }

  abandon(file: File): void {
    this.#through.abandon(file);
  }

  #mayBeTaken(file: File): boolean {
    const count = (this.#taken.get(file) ?? 0) + 1;
    this.#taken.set(file, count);
    return count <= MAX_TAKEN;
  }
}
