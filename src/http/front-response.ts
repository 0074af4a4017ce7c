import { type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http';

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[];

/**
 * Node's answer, with a header that each of them gets. It joins the others as the head is written: a header that is set
 * before costs Node as much again for each of the others.
 */
export class FrontResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  /** The value of `X-Request-Id`. */
  requestId: string | undefined;

  override writeHead(status: number, reason?: string | Headers, headers?: Headers): this {
    const own = typeof reason === 'string' ? headers : (reason ?? headers);
    if (this.requestId === undefined) {
      return typeof reason === 'string' ? super.writeHead(status, reason, own) : super.writeHead(status, own);
    }
    if (typeof reason === 'string' || Array.isArray(own) || this.getHeaderNames().length > 0) {
      this.setHeader('X-Request-Id', this.requestId);
      return typeof reason === 'string' ? super.writeHead(status, reason, own) : super.writeHead(status, own);
    }
    const flat: OutgoingHttpHeader[] = ['X-Request-Id', this.requestId];
    for (const name in own) {
      const value = own[name];
      if (value !== undefined) {
        flat.push(name, value);
      }
    }
    return super.writeHead(status, flat);
  }
}
