import { type Html, html } from '../lib/html.ts';
import { printable } from '../lib/printable.ts';
import type { AccountWords } from '../words/languages/account/en.ts';
import { type FormPurpose, tokenField } from './header.ts';
import type { OwnVisit } from './visit.ts';

/** What a person asks of a new device password. */
export interface PasswordWish {
  readonly name: string;
  /** Milliseconds since 1970; undefined: never. */
  readonly expires: number | undefined;
  readonly readOnly: boolean;
  readonly below: readonly string[] | undefined;
}

/** The texts of the form, as they were typed. */
export interface PasswordFields {
  readonly name: string;
  readonly expires: string;
  readonly readOnly: boolean;
  readonly folder: string;
}

const MAX_NAME = 60;
const MAX_FOLDER = 1_000;
const DAY_MS = 24 * 60 * 60_000;

/** The form for a new password. `problem`: what was wrong with these fields. */
export function passwordForm(
  visit: OwnVisit,
  form: {
    purpose: FormPurpose & ('make' | 'connect');
    action: string;
    button: string;
    fields: PasswordFields;
    problem?: string | undefined;
  },
): Html {
  const { purpose, action, button, fields, problem } = form;
  const { words } = visit;
  return html`<form class="fields" method="post" action="${visit.home}${action}">
${problem === undefined ? undefined : html`<p class="notice bad" role="alert">${problem}</p>`}
${tokenField(visit, purpose)}
<div class="field"><label for="name">${words.name}</label>
<p class="hint" id="name-hint">${words.nameHint}</p>
<input type="text" id="name" name="name" required maxlength="${MAX_NAME}" value="${fields.name}" aria-describedby="name-hint" autocomplete="off"></div>
<div class="field"><label for="expires">${words.lastDay}</label>
<p class="hint" id="expires-hint">${words.lastDayHint}</p>
<input type="date" id="expires" name="expires" value="${fields.expires}" aria-describedby="expires-hint"></div>
<div class="field"><label for="folder">${words.folder}</label>
<p class="hint" id="folder-hint">${words.folderHint(html`<bdi translate="no">${exampleOf(visit)}/${words.documents}</bdi>`)}</p>
<input type="text" id="folder" name="folder" maxlength="${MAX_FOLDER}" value="${fields.folder}" aria-describedby="folder-hint" autocomplete="off"></div>
<div class="field check"><label><input type="checkbox" name="readOnly" value="yes"${fields.readOnly ? html` checked` : undefined}> ${words.changesNothing}</label></div>
<button class="first">${button}</button>
</form>`;
}

/** The name of a person's own drive, unless it was given another. */
function exampleOf({ signedIn }: OwnVisit): string {
  return signedIn.admitted.person.principal.split('@', 1)[0]!;
}

export function fieldsOf(form: URLSearchParams): PasswordFields {
  return {
    name: form.get('name') ?? '',
    expires: form.get('expires') ?? '',
    readOnly: form.get('readOnly') === 'yes',
    folder: form.get('folder') ?? '',
  };
}

/** Reads the fields; returns the objection to them as a text. */
export function readWish(fields: PasswordFields, now: number, words: AccountWords): PasswordWish | string {
  const name = printable(fields.name).trim();
  if (name === '' || name.length > MAX_NAME) {
    return words.badName(MAX_NAME);
  }
  const expires = endOf(fields.expires);
  if (expires !== undefined && !(expires > now)) {
    return words.badDay;
  }
  const below = fields.folder.split('/').filter(part => part !== '');
  if (fields.folder.length > MAX_FOLDER || below.some(isImpossible)) {
    return words.badFolder;
  }
  return { name, expires, readOnly: fields.readOnly, below: below.length === 0 ? undefined : below };
}

/** The end of a day, everywhere on earth: UTC-12. NaN for a text that is no day. */
function endOf(day: string): number | undefined {
  if (day === '') {
    return undefined;
  }
  return /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T12:00:00Z`) + DAY_MS : Number.NaN;
}

/** No name of a file or folder is like this. */
function isImpossible(name: string): boolean {
  return name === '.' || name === '..' || /[\\\u0000-\u001f\u007f]/.test(name) || !name.isWellFormed();
}
