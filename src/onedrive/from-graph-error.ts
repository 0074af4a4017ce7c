import { DriveError, type DriveErrorCode } from '../drive/errors.ts';
import { GraphError, isItemAbsent, isNameTaken } from '../graph/errors.ts';
import { MAX_QUIET_SECONDS } from '../graph/fence.ts';
import { isMissingConsent } from '../graph/missing-drive.ts';

/** A repeat makes no sense before, when Graph does not say. */
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
  // Nobody else's 404 proves that anything is absent: see isItemAbsent.
  404: 'upstream',
  408: 'timeout',
  // Somebody else is at it; a name that is taken is told by its code. We make no conditions to Graph, so that 412 is
  // none of the client's either.
  409: 'unavailable',
  410: 'upstream',
  412: 'unavailable',
  413: 'too-large',
  // A range that a client wants is asked of content hosts alone, and answered where they are read.
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
} satisfies Record<GraphError['kind'], DriveErrorCode>;

/** What a failure below means to whoever uses the drive; everything that is not a GraphError passes as it is. */
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
 * The failure of a change whose places had been found just before: what is not there now has gone meanwhile, or the
 * answer was not true. Either way nothing is proven of what the client has named.
 */
export function fromChangeError(error: unknown): unknown {
  const told = fromGraphError(error);
  return told instanceof DriveError && told.code === 'not-found'
    ? new DriveError('unavailable', `${told.message} It was there a moment ago; ask again.`, {
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
