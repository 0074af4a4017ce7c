import { sendJson } from '../headers.ts';
import type { Action } from '../request.ts';
import { uploadIdOf } from '../upload-id.ts';

/**
 * `?action=upload-status` `{id}`: which bytes OneDrive still expects, and where they go; 404 when the upload is over.
 * So a page that goes on after a reload need not keep the URL, which works for everybody who has it.
 */
export const uploadStatus: Action = async ({ drive, path, signal, user }, response, input) => {
  const id = uploadIdOf(input);
  await drive.prepare(path, { signal });
  const { expires, ...progress } = await drive.uploadStatus(path, { id, owner: user, signal });
  sendJson(response, 200, { ...progress, expires: expires.toISOString() });
};
