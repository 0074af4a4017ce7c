import { DriveError, type DriveErrorCode } from '../drive/errors.ts';
import { GraphError, isItemAbsent, isNameTaken } from '../graph/errors.ts';
import { MAX_QUIET_SECONDS } from '../graph/fence.ts';
import { isMissingConsent } from '../graph/missing-drive.ts';

/** The time to wait before a repeat when Graph does not state one. */
const DEFAULT_RETRY_AFTER_SECONDS = 30;

/** Graph's specific codes, which say more than the status (Graph docs, "Microsoft Graph error responses"). */
const BY_CODE: [graphCode: string, code: DriveErrorCode][] = [
  ['resourcelocked', 'locked'],
  ['lockmismatch', 'locked'],
  ['invalidpath', 'bad-name'],
  ['pathistoolong', 'path-too-long'],
  ['pathtoodeep', 'path-too-long'],
  ['quotalimitreached', 'quota'],
  ['insufficientstorage', 'quota'],
  ['maxfilesizeexceeded', 'too-large'],
  ['malwaredetected', 'forbidden'],
  ['resourcecheckedout', 'locked'],
  ['lockownermismatch', 'locked'],
];

const BY_STATUS: Record<number, DriveErrorCode> = {
  400: 'forbidden',
  // Our own credential was refused; the client's was fine.
  401: 'unavailable',
  403: 'forbidden',
  // Any other 404 does not prove that anything is absent: see isItemAbsent.
  404: 'upstream',
  408: 'timeout',
  // Somebody else is changing the item; a taken name has a code of its own. We send Graph no conditions, so a 412 does
  // not answer the client's.
  409: 'unavailable',
  410: 'upstream',
  412: 'unavailable',
  413: 'too-large',
  // Only requests to content hosts have ranges; the code that reads their answers handles 416.
  416: 'upstream',
  423: 'locked',
  429: 'throttled',
  503: 'unavailable',
  504: 'timeout',
  507: 'quota',
  509: 'throttled',
};

const BY_KIND = {
  answer: 'upstream',
  network: 'unavailable',
  timeout: 'timeout',
  credential: 'unavailable',
  throttled: 'throttled',
  aborted: 'aborted',
  protocol: 'upstream',
  lapsed: 'unavailable',
} satisfies Record<GraphError['kind'], DriveErrorCode>;

/** Translates a GraphError to the DriveError that callers of the drive see; returns other errors unchanged. */
export function fromGraphError(error: unknown): unknown {
  if (!(error instanceof GraphError)) {
    return error;
  }
  const code = codeOf(error);
  const mayRepeat = code === 'throttled' || code === 'unavailable';
  const seconds = Math.min(error.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS, MAX_QUIET_SECONDS);
  const retryAfterSeconds = mayRepeat ? Math.max(1, Math.ceil(seconds)) : undefined;
  return new DriveError(code, error.message, { retryAfterSeconds, cause: error });
}

/**
 * Translates the failure of a change whose items were found just before: a missing item has gone meanwhile, or the
 * answer was wrong. Either way, nothing is proven about the path the client named.
 */
export function fromChangeError(error: unknown): unknown {
  const told = fromGraphError(error);
  return told instanceof DriveError && told.code === 'not-found'
    ? new DriveError('unavailable', `${told.message} It was there a moment ago; try again.`, {
        retryAfterSeconds: DEFAULT_RETRY_AFTER_SECONDS,
        cause: error,
      })
    : told;
}

function codeOf(error: GraphError): DriveErrorCode {
  if (error.kind !== 'answer') {
    return BY_KIND[error.kind];
  }
  if (isMissingConsent(error)) {
    return 'unavailable';
  }
  if (isItemAbsent(error)) {
    return 'not-found';
  }
  if (isNameTaken(error)) {
    return 'exists';
  }
  if (error.status === 409 && /checked out|locked for/i.test(error.message)) {
    return 'locked';
  }
  const byCode = BY_CODE.find(([graphCode]) => error.has(graphCode))?.[1];
  return byCode ?? BY_STATUS[error.status] ?? 'upstream';
}
