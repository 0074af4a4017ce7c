import { errorFromAnswer, GraphError, MAX_ERROR_BODY_BYTES } from './errors.ts';
import { errorFromTransport, type HttpAnswer, readText } from './transport.ts';

/** An answer whose body has been read. */
export interface TextAnswer {
  readonly status: number;
  /** Keyed by lower-case name. */
  readonly headers: Record<string, string>;
  readonly text: string;
}

export interface Receiving {
  /** The statuses that mean success; all others are errors. */
  readonly success: readonly number[];
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A page of a thousand items is about a megabyte. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * Returns a successful answer; the caller must read its body. Throws GraphError: `answer` for an error status,
 * `protocol` for any other, such as an unexpected redirect.
 */
export async function receive(answer: HttpAnswer, { success, signal, now }: Receiving): Promise<HttpAnswer> {
  const { status, headers, body } = answer;
  if (success.includes(status)) {
    return answer;
  }
  if (status < 400) {
    body.on('error', () => {}).destroy();
    throw new GraphError('protocol', `Microsoft answered ${status}, but only ${success.join(' or ')} means success`, {
      status,
    });
  }
  // The status alone is enough when the explanation breaks off.
  const text = await readText(body, MAX_ERROR_BODY_BYTES).catch(error => {
    if (signal.aborted) {
      throw errorFromTransport(error, signal);
    }
    return '';
  });
  throw errorFromAnswer({ status, headers, text, now });
}

/** Returns a successful answer with its whole body. Throws `network` or `timeout` when it breaks off. */
export async function receiveText(answer: HttpAnswer, receiving: Receiving): Promise<TextAnswer> {
  const { status, headers, body } = await receive(answer, receiving);
  try {
    const text = await readText(body, MAX_BODY_BYTES + 1);
    if (text.length > MAX_BODY_BYTES) {
      throw new GraphError('protocol', `Microsoft's answer is longer than ${MAX_BODY_BYTES} bytes`);
    }
    return { status, headers, text };
  } catch (error) {
    throw errorFromTransport(error, receiving.signal);
  }
}

/** Parses the JSON of a body; returns undefined when it is empty. Throws GraphError `protocol`. */
export function parseJson({ text, status }: Pick<TextAnswer, 'text' | 'status'>): unknown {
  if (text === '') {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GraphError('protocol', "Microsoft's answer is not JSON", { status, cause });
  }
}
