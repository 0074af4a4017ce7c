import { Gauge, type Registry } from 'prom-client';
import type { EndedRequest, RequestMetrics } from '../http/metrics.ts';
import { createFamilies } from './client-families.ts';
import { type CountCell, type HistogramCell, once, TalliedCounter, TalliedHistogram } from './tally.ts';

/** From a cached listing to a transfer of hours. */
const SECONDS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600];
const KIB = 1024;
const BYTES = [KIB, 16 * KIB, 256 * KIB, 4 * KIB ** 2, 64 * KIB ** 2, KIB ** 3, 16 * KIB ** 3];

/** Methods allowed in a label; a client can invent others. */
const METHODS = new Set(
  'OPTIONS GET HEAD PUT DELETE MKCOL COPY MOVE PROPFIND PROPPATCH LOCK UNLOCK REPORT POST PATCH'.split(' '),
);

/** The places where requests of one method, status and family are counted. */
interface Cells {
  readonly requests: CountCell;
  readonly seconds: HistogramCell;
  readonly read: HistogramCell;
  readonly written: HistogramCell;
}

/** Counts requests. A request costs a few look-ups and additions; a benchmark compares it (`test/bench`). */
export function createRequestMetrics(registers: Registry[]): RequestMetrics {
  let active = 0;
  new Gauge({
    name: 'onedrive_webdav_requests_active',
    help: 'Requests that are being served now',
    registers,
    collect() {
      this.set(active);
    },
  });
  const find = createCells(registers);
  const familyOf = createFamilies();
  return {
    requestBegan: () => {
      active += 1;
    },
    requestEnded: request => {
      active -= 1;
      const cells = find(request, familyOf(request.userAgent));
      cells.requests.count += 1;
      cells.seconds.observe(request.seconds);
      cells.read.observe(request.read);
      cells.written.observe(request.written);
    },
  };
}

function createCells(registers: Registry[]): (request: EndedRequest, client: string) => Cells {
  const requests = new TalliedCounter({
    name: 'onedrive_webdav_requests_total',
    help: 'Requests by method, class of the status (none: the client left before an answer) and kind of client',
    labelNames: ['method', 'class', 'client'],
    registers,
  });
  const seconds = new TalliedHistogram({
    name: 'onedrive_webdav_request_seconds',
    help: 'Time from the head of a request to the end of its answer',
    labelNames: ['method', 'status'],
    buckets: SECONDS,
    registers,
  });
  const byMethod = { labelNames: ['method' as const], buckets: BYTES, registers };
  const read = new TalliedHistogram({
    name: 'onedrive_webdav_request_bytes',
    help: 'Bytes received for a request',
    ...byMethod,
  });
  const written = new TalliedHistogram({
    name: 'onedrive_webdav_response_bytes',
    help: 'Bytes sent for a request',
    ...byMethod,
  });
  const known = { requests: new Map<string, CountCell>(), seconds: new Map<string, HistogramCell>() };
  const sizes = new Map<string, Pick<Cells, 'read' | 'written'>>();
  const all = new Map<string, Map<number, Map<string, Cells>>>();
  const make = (method: string, status: number, client: string): Cells => {
    const of = status === 0 ? 'none' : `${Math.floor(status / 100)}xx`;
    return {
      requests: once(known.requests, `${method} ${of} ${client}`, () => requests.cell({ method, class: of, client })),
      seconds: once(known.seconds, `${method} ${status}`, () => seconds.cell({ method, status: String(status) })),
      ...once(sizes, method, () => ({ read: read.cell({ method }), written: written.cell({ method }) })),
    };
  };
  return ({ method: given, status }, client) => {
    const method = METHODS.has(given) ? given : 'other';
    const byStatus = once(all, method, () => new Map<number, Map<string, Cells>>());
    const byClient = once(byStatus, status, () => new Map<string, Cells>());
    return once(byClient, client, () => make(method, status, client));
  };
}
