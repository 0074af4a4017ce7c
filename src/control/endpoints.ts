import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Log } from '../lib/log.ts';
import { LOG_LEVELS, type LogLevel } from '../lib/log-level.ts';
import { readBody } from '../lib/read-body.ts';
import { type ControlActions, ControlRefusal, type RefusalKind } from './actions.ts';

/** Lists of tokens are the longest bodies. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Of a changed log level: a week. */
const MAX_SECONDS = 7 * 24 * 60 * 60;

type Body = Readonly<Record<string, unknown>>;
type Endpoint = (actions: ControlActions, body: Body) => unknown;

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  'GET /status': actions => actions.status(),
  'GET /changes': actions => actions.changes(),
  'POST /reload': actions => actions.reload(),
  'POST /log-level': (actions, body) => actions.setLogLevel(readLogLevel(body)),
  'POST /locks/break': async (actions, body) => ({ ended: await actions.breakLocks(textsOf(body, 'tokens')) }),
  'POST /people/revoke': async (actions, body) => ({ revoked: await actions.revokePasswords(textsOf(body, 'ids')) }),
  'POST /people/sign-out': async (actions, body) => ({
    ended: await actions.signOut({ userId: textOf(body, 'userId'), name: textOf(body, 'name') }),
  }),
};

const STATUS_OF: Record<RefusalKind, number> = {
  'bad-request': 400,
  'not-found': 404,
  'bad-config': 422,
  unsupported: 501,
};

/** Answers the requests of commands: JSON in and out. Whoever can open the socket may do everything. */
export function createControlListener(actions: ControlActions, log: Log): RequestListener {
  return (request, response) => {
    void answer(request, response, actions).catch((error: unknown) => {
      const refusal = error instanceof ControlRefusal ? error : undefined;
      if (refusal === undefined) {
        log.error({ err: error, url: request.url }, 'a request on the control socket failed');
      }
      const { message } = error as Error;
      send(response, refusal === undefined ? 500 : STATUS_OF[refusal.kind], {
        kind: refusal?.kind ?? 'failed',
        message,
      });
    });
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, actions: ControlActions): Promise<void> {
  const endpoint = ENDPOINTS[`${request.method} ${request.url}`];
  if (endpoint === undefined) {
    throw new ControlRefusal('not-found', `this server does not know ${request.method} ${request.url}`);
  }
  send(response, 200, await endpoint(actions, await readJson(request, response)));
}

async function readJson(request: IncomingMessage, response: ServerResponse): Promise<Body> {
  const text = await readBody(request, response, MAX_BODY_BYTES);
  if (text === undefined) {
    throw new ControlRefusal('bad-request', `the body is longer than ${MAX_BODY_BYTES} bytes`);
  }
  try {
    const body: unknown = text === '' ? {} : JSON.parse(text);
    if (typeof body === 'object' && body !== null) {
      return body as Body;
    }
  } catch {
    // The same message as for a body that is no object.
  }
  throw new ControlRefusal('bad-request', 'the body must be a JSON object');
}

function readLogLevel({ level, seconds }: Body): { level: LogLevel; seconds: number | undefined } {
  const known = LOG_LEVELS.find(each => each === level);
  if (known === undefined) {
    throw new ControlRefusal('bad-request', `the level must be one of ${LOG_LEVELS.join(', ')}`);
  }
  if (seconds !== undefined && !(typeof seconds === 'number' && seconds > 0 && seconds <= MAX_SECONDS)) {
    throw new ControlRefusal('bad-request', `the time must be more than 0 and at most ${MAX_SECONDS} seconds`);
  }
  return { level: known, seconds };
}

function textsOf(body: Body, key: string): readonly string[] {
  const texts = body[key];
  if (!Array.isArray(texts) || !texts.every(each => typeof each === 'string')) {
    throw new ControlRefusal('bad-request', `"${key}" must be a list of texts`);
  }
  return texts;
}

function textOf(body: Body, key: string): string {
  const text = body[key];
  if (typeof text !== 'string') {
    throw new ControlRefusal('bad-request', `"${key}" must be a text`);
  }
  return text;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
