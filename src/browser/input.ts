import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../lib/read-body.ts';
import { refuseCodings } from '../webdav/content-codings.ts';
import { BrowserError } from './errors.ts';

/** The longest JSON of an action, in bytes: the names of some hundred selected files. */
const MAX_BYTES = 256 * 1024;

/** Reads the JSON object of an action. Throws 400, 413, 415. */
export async function readInput(
  raw: IncomingMessage,
  response: ServerResponse,
): Promise<Readonly<Record<string, unknown>>> {
  refuseCodings(raw);
  const text = await readBody(raw, response, MAX_BYTES);
  if (text === undefined) {
    throw new BrowserError(413, 'too-large', `the body of an action must not be longer than ${MAX_BYTES} bytes`);
  }
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BrowserError(400, 'bad-request', 'the body of an action is a JSON object');
  }
  return { ...value };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
