import type { ServerResponse } from 'node:http';
import type { Target } from '../method-table.ts';
import type { DavRequest } from '../request.ts';

/** The package reads some headers that nobody asks it about here. Where there is no Depth it recovers from an exception, each time. */
const HEADERS = { depth: '0' };
/** What may get through of that which the package sets on every answer (S5 of docs/webdav-server.md). */
const WANTED_HEADERS = ['DAV', 'MS-Author-Via'];

export interface ExchangeParts {
  readonly request: DavRequest;
  readonly response: ServerResponse;
  /** What is at the path, for OPTIONS; others need not know. */
  readonly target: Target | undefined;
  /** Nobody works on the request any more. */
  readonly end: () => void;
}

/** A request as the package sees it. Ours has been parsed and checked, so here is only what the package finds its way by. */
export class FrameRequest {
  readonly parts: ExchangeParts;
  readonly method: string;
  /** Of the mount; what is below it our methods find. */
  readonly url: string;
  readonly headers = HEADERS;

  constructor(parts: ExchangeParts) {
    this.parts = parts;
    this.method = parts.request.method;
    this.url = `/${encodeURIComponent(parts.request.path[0] ?? '')}`;
  }
}

/** An answer as the package sees it: it answers OPTIONS, and for every other method may set a few headers before that takes over. */
export class FrameResponse {
  readonly #parts: ExchangeParts;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
  }

  set statusCode(code: number) {
    this.#parts.response.statusCode = code;
  }

  setHeader(name: string, value: string): void {
    if (WANTED_HEADERS.includes(name) || (name === 'Allow' && this.#parts.target !== undefined)) {
      this.#parts.response.setHeader(name, value);
    }
  }

  /** Errors of the connection are not the package's. */
  on(): void {}

  end(): void {
    const { response, end } = this.#parts;
    response.setHeader('Accept-Ranges', 'bytes');
    response.setHeader('Content-Length', '0');
    response.end();
    end();
  }
}
