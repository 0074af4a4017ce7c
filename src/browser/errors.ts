import { isDriveError } from '../drive/errors.ts';
import { DavError } from '../webdav/errors.ts';
import type { ErrorBody } from '../webdav/respond.ts';

/** A refusal of a view or an action, with a word that the app can act on. */
export class BrowserError extends DavError {
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(status, message);
    this.code = code;
  }
}

/** Returns the refusal of what the drive at this place does not have. */
export function unsupported(what: 'search' | 'versions'): BrowserError {
  return new BrowserError(
    405,
    'unsupported',
    `there is no ${what === 'search' ? 'search' : 'history of versions'} here`,
  );
}

/** The words for refusals of WebDAV's own parts, which have only a status. */
const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'bad-request',
  403: 'forbidden',
  404: 'not-found',
  405: 'not-allowed',
  409: 'conflict',
  412: 'precondition',
  413: 'too-large',
  415: 'media-type',
  416: 'range',
  423: 'locked',
  500: 'internal',
  503: 'unavailable',
  507: 'quota',
};

/** Renders an error as `{"error":{"code","message"}}`. A failure of a drive has its code (`drive/errors.ts`). */
export function renderJsonError(answer: DavError): ErrorBody {
  const error = { code: codeOf(answer), message: answer.message };
  return { body: `${JSON.stringify({ error })}\n`, type: 'application/json' };
}

function codeOf(answer: DavError): string {
  if (answer instanceof BrowserError) {
    return answer.code;
  }
  return isDriveError(answer.cause) ? answer.cause.code : (BY_STATUS[answer.status] ?? 'failed');
}
