import { SetupError } from '../setup/errors.ts';

/**
 * Runs what can be given up by Ctrl+C: it is told by the signal, and may take down what it has put up. A second one
 * ends the process.
 */
export async function untilGivenUp<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const giveUp = () => controller.abort(new SetupError('given up: no configuration was written'));
  process.once('SIGINT', giveUp);
  try {
    return await work(controller.signal);
  } catch (error) {
    // Its own words may say more, such as what has been written all the same.
    throw controller.signal.aborted && !(error instanceof SetupError) ? controller.signal.reason : error;
  } finally {
    process.off('SIGINT', giveUp);
  }
}
