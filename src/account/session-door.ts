import type { Door } from '../auth/door.ts';
import { mayUseCookie } from '../lib/own-page.ts';
import { readCookie } from './cookies.ts';
import { RefusedError } from './refusal.ts';
import type { Sessions } from './sessions.ts';

/**
 * Creates the door for browsers whose person has signed in on the account pages: their session opens the files as well.
 * A session that has ended is nobody's, so that the next door decides.
 */
export function createSessionDoor(sessions: Pick<Sessions, 'find'>): Door {
  return request => {
    const { headers, method = '' } = request;
    const isAsked = headers.authorization === undefined && readCookie(request, 'session') !== undefined;
    return isAsked && mayUseCookie(method, headers) ? judge(sessions, request) : undefined;
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
