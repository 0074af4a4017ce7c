import type { IncomingHttpHeaders } from 'node:http';
import type { Door } from '../auth/door.ts';
import { readCookie } from './cookies.ts';
import { RefusedError } from './refusal.ts';
import type { Sessions } from './sessions.ts';

/** The methods that a browser uses to open or load something. */
const LOADS = new Set(['GET', 'HEAD']);

/**
 * Creates the door for browsers whose person has signed in on the account pages: their session opens the files as well.
 * A session that has ended is nobody's, so that the next door decides.
 */
export function createSessionDoor(sessions: Pick<Sessions, 'find'>): Door {
  return request => {
    const { headers, method = '' } = request;
    const isAsked = headers.authorization === undefined && readCookie(request, 'session') !== undefined;
    return isAsked && isFromOurPages(headers, method) ? judge(sessions, request) : undefined;
  };
}

async function judge(sessions: Pick<Sessions, 'find'>, request: Parameters<Door>[0]): ReturnType<Door> & {} {
  try {
    const signedIn = await sessions.find(request);
    return signedIn && { user: signedIn.admitted.user };
  } catch (error) {
    if (error instanceof RefusedError) {
      const { retryAfterSeconds = 0 } = error.refusal;
      return { refused: 'unknown', retryAfterSeconds };
    }
    throw error;
  }
}

/**
 * Tells whether the request comes from a page of ours, or from a person who follows a link or types an address. Browsers
 * send the cookie also for pages of other hosts in our domain, which must neither change nor load anything. What is no
 * load must say where it comes from (Fetch Metadata); browsers do so since 2023.
 */
function isFromOurPages(headers: IncomingHttpHeaders, method: string): boolean {
  const site = headers['sec-fetch-site'];
  if (!LOADS.has(method)) {
    return site === 'same-origin';
  }
  const isOpened = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return site === undefined || site === 'same-origin' || site === 'none' || isOpened;
}
