import { sendJson } from '../headers.ts';
import type { View } from '../request.ts';
import { withSharing } from '../sharing.ts';

/** `?view=shares`: the user's shares of this file or folder; at the root of the tree all of them. */
export const sharesView: View = async (request, response) => {
  sendJson(response, 200, { shares: await withSharing(request, sharing => sharing.list(request.path)) });
};
