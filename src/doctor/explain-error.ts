import { GraphError, isGraphError } from '../graph/errors.ts';
import { isMissingConsent } from '../graph/missing-drive.ts';
import type { Finding } from './check.ts';

/** True for the answers that mean: ask nothing for a while. */
export function isThrottling(error: unknown): boolean {
  return (
    error instanceof GraphError &&
    (error.kind === 'throttled' ||
      error.status === 429 ||
      (error.status === 503 && error.retryAfterSeconds !== undefined))
  );
}

/** What a failure means that the check itself did not expect. */
export function explainError(error: unknown): Finding {
  if (!isGraphError(error)) {
    return {
      level: 'failure',
      saw: `the check itself failed: ${error instanceof Error ? error.message : String(error)}`,
      cure: 'report this with the line above: it is a bug of doctor',
    };
  }
  return { level: 'failure', saw: withRequestId(error), ...explainGraphError(error) };
}

/** What Graph said, with what Microsoft's support asks for. */
export function withRequestId({ message, requestId }: GraphError): string {
  return requestId === undefined ? message : `${message} (request-id ${requestId})`;
}

function explainGraphError(error: GraphError): Pick<Finding, 'means' | 'cure'> {
  if (isMissingConsent(error)) {
    return {
      means: 'the token of a moment ago has roles, so consent is being changed right now',
      cure: 'run doctor again in a few minutes',
    };
  }
  if (error.status === 507 || error.has('quotalimitreached')) {
    return { means: 'the drive is full', cure: 'make room in it, or let an administrator raise the quota' };
  }
  if (error.status === 423 || error.has('resourcelocked')) {
    return { means: 'the site is locked, or what is there is', cure: 'an administrator must unlock it' };
  }
  if (error.status >= 500 || error.kind === 'timeout') {
    return { means: 'Microsoft has a disturbance, or is slow', cure: 'run doctor again in a few minutes' };
  }
  if (error.kind === 'network') {
    return {
      means: 'the connection broke',
      cure: 'run doctor again; if it stays so, look at the network or the proxy',
    };
  }
  return error.status === 403
    ? { means: 'the application may not do this', cure: 'compare its permissions in Entra with those named above' }
    : {};
}
