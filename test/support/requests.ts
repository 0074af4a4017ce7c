import type { TestServer } from './test-server.ts';

/** A request as the access log saw it. */
export interface SeenRequest {
  readonly method: string;
  /** Decoded, so that a test can write names as people do. */
  readonly path: string;
  readonly status: number;
  readonly bytesOut: number;
  readonly userAgent: string;
  /** How a file's bytes were sent on their way, and why; undefined where there were none. */
  readonly download: string | undefined;
  readonly downloadReason: string | undefined;
}

/** The clients' requests to the server, in the order in which the answers ended. */
export function requestsTo(server: Pick<TestServer, 'logged'>): SeenRequest[] {
  return server.logged
    .map(line => JSON.parse(line))
    .filter(entry => entry.msg === 'request')
    .map(({ method, path, status, bytesOut, userAgent, download, downloadReason }) => ({
      method,
      path: decodeURIComponent(path),
      status,
      bytesOut,
      userAgent,
      download,
      downloadReason,
    }));
}
