/** How a body is watched on its way. */
export interface BodyWatch {
  /** Called with the size of each part before it goes on; the part waits for it, and fails with it. */
  readonly pass: (bytes: number) => Promise<void> | undefined;
  /** Called when the body has ended, failed, or nobody wants more of it; perhaps more than once. */
  readonly end: () => void;
}

/**
 * Returns the body with a watch over its parts. It is no generator: one that was never asked for a part would not
 * notice its end.
 */
export function watchBody(body: AsyncIterable<Uint8Array>, { pass, end }: BodyWatch): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => {
      const parts = body[Symbol.asyncIterator]();
      const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
        const part = await parts.next();
        if (part.done === true) {
          return { done: true, value: undefined };
        }
        await pass(part.value.byteLength);
        return part;
      };
      return {
        next: async () => {
          try {
            const part = await next();
            if (part.done === true) {
              end();
            }
            return part;
          } catch (error) {
            end();
            await parts.return?.();
            throw error;
          }
        },
        return: async () => {
          end();
          await parts.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
