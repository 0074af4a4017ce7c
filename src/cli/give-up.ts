import { SetupError } from '../setup/errors.ts';

/**
 * Runs work that Ctrl+C can stop: the signal aborts, and the work may clean up. A second Ctrl+C ends the process.
 */
export async function untilGivenUp<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const giveUp = () => controller.abort(new SetupError('given up: no configuration was written'));
  process.once('SIGINT', giveUp);
  try {
    return await work(controller.signal);
  } catch (error) {
    // The work's own error may say more, such as which files it has written nevertheless.
    throw controller.signal.aborted && !(error instanceof SetupError) ? controller.signal.reason : error;
  } finally {
    process.off('SIGINT', giveUp);
  }
}
