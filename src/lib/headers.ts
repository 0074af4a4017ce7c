import type { IncomingMessage } from 'node:http';

/** The headers of a request in Node's form: by lower-case name, with a list for repeatable ones. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Returns the first of these headers that came more than once. Node's `headersDistinct` costs more than to see that
 * there are as many names as headers: then none came twice.
 */
export function findRepeated(request: IncomingMessage, names: readonly string[]): string | undefined {
  if (Object.keys(request.headers).length * 2 === request.rawHeaders.length) {
    return undefined;
  }
  return names.find(name => request.headers[name] !== undefined && (request.headersDistinct[name]?.length ?? 0) > 1);
}
