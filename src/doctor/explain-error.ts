import { GraphError, isGraphError } from '../graph/errors.ts';
import { isMissingConsent } from '../graph/missing-drive.ts';
import type { Finding } from './check.ts';

/** Returns true for answers that mean throttling. */
export function isThrottling(error: unknown): boolean {
  return (
    error instanceof GraphError &&
    (error.kind === 'throttled' ||
      error.status === 429 ||
      (error.status === 503 && error.retryAfterSeconds !== undefined))
  );
}

/** Explains a failure that the check itself did not expect. */
export function explainError(error: unknown): Finding {
  if (!isGraphError(error)) {
    return {
      level: 'failure',
      saw: `the check itself failed: ${error instanceof Error ? error.message : String(error)}`,
      cure: 'report this with the line above: it is a bug in doctor',
    };
  }
  return { level: 'failure', saw: withRequestId(error), ...explainGraphError(error) };
}

/** Returns Graph's message, with the request id for Microsoft's support. */
export function withRequestId({ message, requestId }: GraphError): string {
  return requestId === undefined ? message : `${message} (request-id ${requestId})`;
}

function explainGraphError(error: GraphError): Pick<Finding, 'means' | 'cure'> {
  if (isMissingConsent(error)) {
    return {
      means: 'the last token has roles, so consent is being changed right now',
      cure: 'run doctor again in a few minutes',
    };
  }
  if (error.status === 507 || error.has('quotalimitreached')) {
    return { means: 'the drive is full', cure: 'free some space in it, or ask an administrator to raise the quota' };
  }
  if (error.status === 423 || error.has('resourcelocked')) {
    return { means: 'the site or the item is locked', cure: 'an administrator must unlock it' };
  }
  if (error.status >= 500 || error.kind === 'timeout') {
    return { means: 'Microsoft has an outage, or is slow', cure: 'run doctor again in a few minutes' };
  }
  if (error.kind === 'network') {
    return {
      means: 'the connection broke',
      cure: 'run doctor again; if it still fails, check the network or the proxy',
    };
  }
  return error.status === 403
    ? {
        means: 'the application is not allowed to do this',
        cure: 'compare its permissions in Entra with those named above',
      }
    : {};
}
