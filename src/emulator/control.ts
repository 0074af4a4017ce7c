import type { IncomingMessage, ServerResponse } from 'node:http';
import { ControlError, findEndpoint, helpText } from './control-endpoints.ts';
import type { ControlTarget } from './control-target.ts';
import { readJson } from './exchange.ts';
import { GraphFault } from './graph-error.ts';

export const CONTROL_PREFIX = '/-/emulator/';

/** Controls the emulator from outside the process: plain HTTP and JSON below one prefix, for this machine only. */
export class Control {
  readonly #target: ControlTarget;

  constructor(target: ControlTarget) {
    this.#target = target;
  }

  /** Answers requests to the control API; returns false for all others. */
  takes(request: IncomingMessage, response: ServerResponse): boolean {
    const path = pathOf(request);
    if (!isForLoopback(request) || !path.startsWith(CONTROL_PREFIX)) {
      return false;
    }
    const afterwards = (work: () => void) => void response.once('finish', work);
    this.#answer(request, path.slice(CONTROL_PREFIX.length), afterwards).then(
      ([status, body]) => send(response, status, body),
      () => response.destroy(),
    );
    return true;
  }

  async #answer(
    request: IncomingMessage,
    path: string,
    afterwards: (work: () => void) => void,
  ): Promise<[status: number, body: unknown]> {
    try {
      if (request.headers.origin !== undefined) {
        throw new ControlError(403, 'The control API is not for pages in a browser.');
      }
      if (path === '') {
        return [200, helpText()];
      }
      const { run, argument } = findEndpoint(request.method ?? '', path);
      const result = await run(this.#target, { body: () => readJson(request), argument, afterwards });
      return result === undefined ? [204, undefined] : [200, result];
    } catch (error) {
      if (error instanceof ControlError || error instanceof GraphFault) {
        return [error.status, { error: error.message }];
      }
      return [500, { error: String(error) }];
    }
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').replace(/\?.*$/s, '');
}

/** Accepts plain HTTP by its own name only: a foreign page whose name resolves to this machine has another Host. */
function isForLoopback({ socket, headers }: IncomingMessage): boolean {
  return !('encrypted' in socket) && /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/i.test(headers.host ?? '');
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  const isText = typeof body === 'string';
  const bytes = Buffer.from(isText ? body : `${JSON.stringify(body, undefined, 2)}\n`);
  response
    .writeHead(status, {
      'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
      'content-length': bytes.length,
    })
    .end(bytes);
}
