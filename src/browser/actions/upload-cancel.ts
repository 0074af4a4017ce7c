import { sendJson } from '../headers.ts';
import type { Action } from '../request.ts';
import { uploadIdOf } from '../upload-id.ts';

/** `?action=upload-cancel` `{id}`: drops the upload and its bytes. */
export const uploadCancel: Action = async ({ drive, path, signal, user }, response, input) => {
  const id = uploadIdOf(input);
  await drive.prepare(path, { signal });
  await drive.cancelUpload(path, { id, owner: user, signal });
  sendJson(response, 200, {});
};
