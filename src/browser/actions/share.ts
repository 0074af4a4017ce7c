import { sendJson } from '../headers.ts';
import type { Action } from '../request.ts';
import { withSharing } from '../sharing.ts';

/**
 * `?action=share` `{kind, days or expires, password, maxDownloads}` of a file or folder: makes a URL that opens it to
 * everybody who knows it. Answers the share and its URL, which is told this once.
 */
export const shareAction: Action = async (request, response, input) => {
  const { raw, isSecure, prefix } = request;
  const reached = { host: (raw.headers.host ?? '').toLowerCase(), isSecure, prefix };
  const made = await withSharing(request, sharing => sharing.make(request, input, reached));
  sendJson(response, 201, made);
};
