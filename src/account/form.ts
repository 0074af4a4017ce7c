import { readBody } from '../lib/read-body.ts';
import type { FormPurpose } from './header.ts';
import { RefusedError } from './refusal.ts';
import { readFormToken } from './tokens.ts';
import type { FormVisit, OwnVisit } from './visit.ts';

/** Many times the size of our forms. */
const MAX_FORM_BYTES = 16 * 1024;

/** Reads a form of this session. Throws RefusedError for any other. */
export async function readForm(visit: OwnVisit, purpose: FormPurpose): Promise<FormVisit> {
  const { request, response, signedIn } = visit;
  const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers['content-type'] ?? '');
  const text = isForm ? await readBody(request, response, MAX_FORM_BYTES) : undefined;
  if (text === undefined) {
    throw new RefusedError({
      status: 400,
      title: 'This form cannot be read',
      message: 'It is too long, or of an unknown kind. Nothing was changed.',
      reason: 'form',
    });
  }
  const fields = new URLSearchParams(text);
  const formId = readFormToken(signedIn.session.formSecret, purpose, fields.get('token') ?? '');
  if (formId === undefined) {
    throw foreignForm();
  }
  return { ...visit, fields, formId };
}

export function foreignForm(): RefusedError {
  return new RefusedError({
    status: 403,
    title: 'This form is not of your session',
    message:
      'It is of an earlier session, or another page has sent it. Nothing was changed. Please open the page again, and send its form.',
    reason: 'foreign-form',
  });
}
