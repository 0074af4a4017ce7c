/** Ends a body of which nobody reads any more, so that what is behind it is free again. */
export async function discardBody(body: AsyncIterable<Uint8Array>): Promise<void> {
  await body[Symbol.asyncIterator]().return?.();
}

/** Resolves and rejects with `work`; when it fails, the body is discarded, which `work` may not have begun to read. */
export async function orDiscard<T>(body: AsyncIterable<Uint8Array>, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    await discardBody(body);
    throw error;
  }
}
