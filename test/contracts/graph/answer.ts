import { AssertionError } from 'node:assert';
import { expect } from 'vitest';

/** A driveItem, as far as the cases read it. Properties that may be missing are optional. */
export interface Item {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly eTag: string;
  readonly cTag?: string;
  readonly webUrl?: string;
  readonly createdDateTime?: string;
  readonly lastModifiedDateTime?: string;
  readonly createdBy?: Identities;
  readonly lastModifiedBy?: Identities;
  readonly parentReference: { driveId?: string; driveType?: string; id?: string; path?: string };
  readonly fileSystemInfo?: { createdDateTime?: string; lastModifiedDateTime?: string };
  readonly file?: { mimeType?: string; hashes?: { quickXorHash?: string } };
  readonly folder?: { childCount?: number };
  readonly root?: object;
  readonly deleted?: { state?: string };
  readonly children?: Item[];
  readonly '@microsoft.graph.downloadUrl'?: string;
  readonly '@content.downloadUrl'?: string;
}

interface Identities {
  readonly application?: { id?: string; displayName?: string };
  readonly user?: { id?: string; displayName?: string };
}

/** An error as Graph (`innerError`) and the upload hosts (`innererror`) send it. */
export interface ErrorBody {
  readonly code?: string;
  readonly message?: string;
  readonly innerError?: ErrorBody;
  readonly innererror?: ErrorBody;
  readonly date?: string;
  readonly 'request-id'?: string;
  readonly 'client-request-id'?: string;
}

/** What a request got. The body is read already. */
export interface Answer {
  /** Method and URL, for messages. */
  readonly request: string;
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/** The body as text. */
export function textOf(answer: Answer): string {
  return new TextDecoder().decode(answer.bytes);
}

/** The body as JSON of the shape that the caller expects; fails with the body when it is no JSON. */
export function jsonOf<Body = Record<string, unknown>>(answer: Answer): Body {
  try {
    return JSON.parse(textOf(answer)) as Body;
  } catch {
    return expect.fail(`${describe(answer)}: the body is no JSON`);
  }
}

/** The item of a successful answer. */
export function itemOf(answer: Answer): Item {
  expectAnswer(answer, oneOf(200, 201));
  return jsonOf<Item>(answer);
}

export interface Page<Value = Item> {
  readonly value: Value[];
  readonly '@odata.nextLink'?: string;
  readonly '@odata.deltaLink'?: string;
}

/** The page of a collection that a successful answer holds. */
export function pageOf<Value = Item>(answer: Answer): Page<Value> {
  expectAnswer(answer, 200);
  const page = jsonOf<Page<Value>>(answer);
  expect(Array.isArray(page.value), describe(answer)).toBe(true);
  return page;
}

export function namesOf(items: readonly Item[]): string[] {
  return items.map(item => item.name).sort();
}

/** Statuses that are all right, because the sources name each of them. */
export function oneOf(...statuses: number[]): number[] {
  return statuses;
}

/** Any refusal of the request; for what the sources call "4xx" without a number. */
export const REFUSED: readonly number[] = Array.from({ length: 100 }, (_, index) => 400 + index).filter(
  // Not signed in, timed out and throttled are no answers to the question that a case asks.
  status => ![401, 408, 429].includes(status),
);

/** The program does not know the request. It will not get to know it by waiting. */
export class NotImplementedError extends Error {}

/**
 * Asserts the status, and that one of the error's codes, at whatever depth, is `code`. The case of codes varies between
 * Graph's back-ends, and the front end nests what the back end said (graph-api.md §3.1).
 */
export function expectAnswer(answer: Answer, status: number | readonly number[], code?: string): void {
  const allowed = typeof status === 'number' ? [status] : status;
  const wanted = allowed === REFUSED ? '4xx' : allowed.join(' or ');
  if (!allowed.includes(answer.status)) {
    const message = `${describe(answer)}; expected ${wanted}`;
    throw answer.status === 501 ? new NotImplementedError(message) : new AssertionError({ message });
  }
  if (code !== undefined) {
    expect(codesOf(answer), describe(answer)).toContain(code.toLowerCase());
  }
}

/** All codes of an error in lower case, the outermost first. */
export function codesOf(answer: Answer): string[] {
  const codes: string[] = [];
  let error = jsonOf<{ error?: ErrorBody }>(answer).error;
  while (error !== undefined) {
    codes.push(...(error.code === undefined ? [] : [error.code.toLowerCase()]));
    error = error.innerError ?? error.innererror;
  }
  return codes;
}

/** Request, status and the start of the body, for messages; without what opens a tenant to a reader of the log. */
export function describe(answer: Answer): string {
  const body = textOf(answer).replace(/("access_token":")[^"]*/, '$1…');
  const text = `${answer.request} → ${answer.status} ${body}`.replace(/tempauth=[^&"\s]*/g, 'tempauth=…');
  return text.slice(0, 600);
}
