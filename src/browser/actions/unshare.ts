import { BrowserError } from '../errors.ts';
import { sendJson } from '../headers.ts';
import type { Action } from '../request.ts';
import { withSharing } from '../sharing.ts';

/** `?action=unshare` `{id}`: ends a share of the user, whatever the path. Its next request is refused. */
export const unshareAction: Action = async (request, response, { id }) => {
  if (typeof id !== 'string') {
    throw new BrowserError(400, 'bad-request', 'id must be the id of a share');
  }
  await withSharing(request, sharing => sharing.revoke(id));
  sendJson(response, 200, { ended: id });
};
