import { Readable } from 'node:stream';
import { errorFromTransport, type HttpAnswer, type HttpCall, type Transport } from '../../src/graph/transport.ts';

/** The bytes that come over the wire instead of Microsoft's answer. */
export interface WireAnswer {
  /** Absent: that of the real answer, for a request that is done. */
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Absent: that of the real answer, for a request that is done. */
  readonly body?: string | Buffer;
  /** The connection breaks after so many bytes of the body. */
  readonly cutAfter?: number;
  /** The request reaches Microsoft and is done, and only its answer is lost. */
  readonly isDone?: boolean;
}

export type WireScript = (call: HttpCall) => WireAnswer | 'cut' | undefined;

export interface Wire {
  readonly wrap: (inner: Transport) => Transport;
  /** Called for each request from now on; undefined: nothing happens. */
  script: WireScript | undefined;
}

/**
 * Stands between a client and Microsoft, and can answer in its place as no Microsoft would: a portal, a proxy, a cut.
 */
export function createWire(): Wire {
  const wire: Wire = {
    script: undefined,
    wrap: inner => ({
      ...inner,
      send: async call => {
        const instead = wire.script?.(call);
        if (instead === undefined) {
          return inner.send(call);
        }
        if (instead === 'cut') {
          throw errorFromTransport(new Error('the wire was cut'), call.signal);
        }
        const real = instead.isDone ? await inner.send(call) : undefined;
        const bytes = await bodyOf(instead, real);
        const headers = { ...real?.headers, 'content-length': String(bytes.length), ...instead.headers };
        return { status: instead.status ?? real?.status ?? 200, headers, body: streamOf(bytes, instead.cutAfter) };
      },
    }),
  };
  return wire;
}

async function bodyOf({ body }: WireAnswer, real: HttpAnswer | undefined): Promise<Buffer> {
  const came = real === undefined ? [] : await Array.fromAsync(real.body as AsyncIterable<Buffer>);
  return body === undefined ? Buffer.concat(came) : Buffer.from(body);
}

function streamOf(bytes: Buffer, cutAfter: number | undefined): Readable {
  const parts = function* () {
    yield bytes.subarray(0, cutAfter);
    if (cutAfter !== undefined) {
      throw new Error('the wire was cut');
    }
  };
  return Readable.from(parts(), { objectMode: false });
}

/** An item as Graph writes it. */
export type WireItemLike = Record<string, unknown> & { readonly name: string };

/** A wire on which every item that Graph shows is another one. */
export function showing(change: (item: WireItemLike) => Record<string, unknown>): Wire['wrap'] {
  return inner => ({
    ...inner,
    send: async call => {
      const answer = await inner.send(call);
      if (call.method !== 'GET' || answer.status !== 200 || !call.url.includes('graph.microsoft.com/v1.0/drives/')) {
        return answer;
      }
      const json = JSON.parse((await bodyOf({}, answer)).toString()) as WireItemLike & { value?: WireItemLike[] };
      const changed = json.value === undefined ? change(json) : { ...json, value: json.value.map(change) };
      return { ...answer, body: streamOf(Buffer.from(JSON.stringify(changed)), undefined) };
    },
  });
}
