import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Reads the body of a request for an endpoint that is no file; asks for it where the client waits to be asked. Returns
 * undefined when it is longer than `maxBytes`: the rest stays unread, and the connection stays usable for an answer.
 */
export async function readShortBody(
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
