import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from './download-proxy.ts';

/** A secret that only the proxy may ever see. */
export const TEMPAUTH = 'v1.the-pre-authenticated-secret';

export interface LinkStub {
  readonly url: string;
  /** The requests of the proxy, in order. */
  readonly links: {
    readonly target: string;
    readonly authorization: string | undefined;
    readonly path: string;
    readonly refresh?: boolean;
  }[];
  /** The requests that have reached the content host. */
  readonly contents: { readonly method: string; readonly headers: IncomingMessage['headers'] }[];
  stop(): Promise<void>;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Plays a WebDAV server that gives links and the content host they lead to. Each has a right answer unless a test gives
 * another.
 */
export async function startLinkStub(script: { link?: Answer; content?: Answer } = {}): Promise<LinkStub> {
  const links: LinkStub['links'] = [];
  const contents: LinkStub['contents'] = [];
  const server = createServer((request, response) => {
    const target = request.url!;
    if (target.startsWith('/content')) {
      contents.push({ method: request.method!, headers: request.headers });
      (script.content ?? sendFile)(request, response);
      return;
    }
    request.setEncoding('utf8');
    let body = '';
    request.on('data', text => {
      body += text;
    });
    request.on('end', () => {
      links.push({ target, authorization: request.headers.authorization, ...JSON.parse(body) });
      (script.link ?? sendLink)(request, response);
    });
  });
  const { url, stop } = await listen(server);
  return { url, links, contents, stop };
}

/** The link to the stub's own content. */
export function sendLink(request: IncomingMessage, response: ServerResponse): void {
  sendJson(response, 200, {
    code: 200,
    message: 'success',
    data: { url: `http://${request.headers.host}/content?tempauth=${TEMPAUTH}` },
  });
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export function sendFile(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 5 }).end('bytes');
}
