import { sendJson } from '../headers.ts';
import type { Action } from '../request.ts';
import { uploadIdOf } from '../upload-id.ts';

/** `?action=upload-status` `{id}`: which bytes OneDrive still expects; 404 when the upload is over. */
export const uploadStatus: Action = async ({ drive, path, signal, user }, response, input) => {
  const id = uploadIdOf(input);
  await drive.prepare(path, { signal });
  const { nextExpectedRanges, expires } = await drive.uploadStatus(path, { id, owner: user, signal });
  sendJson(response, 200, { nextExpectedRanges, expires: expires.toISOString() });
};
