import { sendJson } from '../headers.ts';
import type { View } from '../request.ts';
import { withSharing } from '../sharing.ts';

/**
 * `?view=shares`: the user's shares of this file or folder, and what a new one may be; at the root of the tree all
 * shares of the user.
 */
export const sharesView: View = async (request, response) => {
  const answer = await withSharing(request, async sharing => ({
    shares: await sharing.list(request.path),
    limits: sharing.limits,
  }));
  sendJson(response, 200, answer);
};
