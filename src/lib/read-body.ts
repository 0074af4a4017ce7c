import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Reads a whole body; returns undefined when it is longer than `maxBytes`. Sends 100 Continue when the client waits for
 * it (RFC 9110 §10.1.1), but never for a body that is too long.
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    return undefined;
  }
  if (/^100-continue$/i.test(request.headers.expect ?? '')) {
    response.writeContinue();
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > maxBytes) {
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
