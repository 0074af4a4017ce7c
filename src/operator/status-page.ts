import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Actor, ControlActions } from '../control/actions.ts';
import type { Status } from '../control/status.ts';
import { type Html, html } from '../lib/html.ts';
import { isFromOwnPage, type OwnPages } from '../lib/own-page.ts';
import { readBody } from '../lib/read-body.ts';
import { type Language, languageFor } from '../words/words.ts';
import { renderDevices, renderFeeds, renderLocks, renderRequests, renderShares } from './activity.ts';
import { StatusEvents } from './events.ts';
import { renderMounts, renderProblems, renderSpace, renderSummary, renderTenants } from './overview.ts';
import { send, sendBack, sendPage } from './page.ts';
import type { Look } from './table.ts';
import { wordsIn } from './words.ts';

export type OperatorActions = Pick<
  ControlActions,
  'status' | 'breakLocks' | 'revokePasswords' | 'signOut' | 'revokeShares'
>;

export interface StatusPageParts {
  readonly actions: OperatorActions;
  readonly isDraining: () => boolean;
  /** In milliseconds since 1970. */
  readonly now: () => number;
}

/** A request for the page, by somebody who has signed in. */
export interface StatusVisit {
  readonly actor: Actor;
  readonly isOperator: boolean;
  /** The same, looked up anew. */
  readonly isOperatorStill: () => Promise<boolean>;
  /** Where the pages of this server are, of which one must have sent a form. */
  readonly own: OwnPages;
}

export type AnswerStatus = (request: IncomingMessage, response: ServerResponse, visit: StatusVisit) => Promise<void>;

/** The place of the page, below the base path. */
const STATUS_PATH = /^\/-\/status\/?(?=\?|$)/;
const MAX_FORM_BYTES = 16 * 1024;

type Fields = (name: string) => string;

/** What the buttons do. */
const ACTIONS: Readonly<Record<string, (actions: OperatorActions, fields: Fields, actor: Actor) => Promise<unknown>>> =
  {
    'break-lock': (actions, field, actor) => actions.breakLocks([field('token')], actor),
    'revoke-password': (actions, field, actor) => actions.revokePasswords([field('id')], actor),
    'revoke-share': (actions, field, actor) => actions.revokeShares([field('id')], actor),
    'sign-out': (actions, field, actor) => actions.signOut({ userId: field('userId'), name: field('name') }, actor),
  };

export function isStatusPath(target: string): boolean {
  return STATUS_PATH.test(target);
}

/**
 * Creates the page on which operators see what the server does, as `status --json` says it, and end locks and device
 * passwords. It works without scripts; with them it shows each new state (`?view=events`, server-sent events). The JSON
 * is at `?view=json`.
 */
export function createStatusPage({ actions, isDraining, now }: StatusPageParts): AnswerStatus {
  const render = async (language: Language) =>
    renderStatus(await actions.status(), { now: now(), words: wordsIn(language) });
  const events = new StatusEvents({ render: async language => String(await render(language)), isDraining, now });
  return async (request, response, { actor, isOperator, isOperatorStill, own }) => {
    const query = new URLSearchParams(request.url!.split(/\?(.*)/s, 2)[1] ?? '');
    const language = languageFor(request.headers);
    if (!isOperator) {
      refuse(response, 403, { language, title: 'forOperators', text: 'notOne' });
      return;
    }
    if (request.method === 'POST') {
      await act(request, response, { actions, actor, own, name: query.get('action') ?? '', language });
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD, POST');
      refuse(response, 405, { language, title: 'otherWay', text: 'readAndPress' });
      return;
    }
    const view = query.get('view');
    if (view === 'events' && request.method === 'GET') {
      await events.serve(response, { language, mayWatch: isOperatorStill });
    } else if (view === 'json') {
      const text = JSON.stringify(await actions.status());
      send(response, { status: 200, type: 'application/json', text: request.method === 'HEAD' ? '' : text });
    } else {
      sendPage(response, 200, { title: wordsIn(language).title, main: await render(language), language });
    }
  };
}

function renderStatus(status: Status, look: Look): Html {
  return html`${renderSummary(status, look)}
${renderProblems(status, look)}
${renderTenants(status.tenants, look)}
${renderMounts(status.mounts, look)}
${renderSpace(status.space, look)}
${renderRequests(status.requests, look)}
${renderFeeds(status.feeds, look)}
${renderLocks(status.locks, look)}
${renderShares(status.shares, look)}
${renderDevices(status.devices, look)}`;
}

interface Acting {
  readonly actions: OperatorActions;
  readonly actor: Actor;
  readonly own: OwnPages;
  readonly name: string;
  readonly language: Language;
}

async function act(
  request: IncomingMessage,
  response: ServerResponse,
  { actions, actor, own, name, language }: Acting,
): Promise<void> {
  if (!isFromOwnPage(request.headers, own, { takesPrograms: false })) {
    refuse(response, 403, { language, title: 'otherPage', text: 'unchanged' });
    return;
  }
  const run = Object.hasOwn(ACTIONS, name) ? ACTIONS[name]! : undefined;
  const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers['content-type'] ?? '');
  const text = run !== undefined && isForm ? await readBody(request, response, MAX_FORM_BYTES) : undefined;
  if (run === undefined || text === undefined) {
    refuse(response, 400, { language, title: 'badForm', text: 'unchanged' });
    return;
  }
  const fields = new URLSearchParams(text);
  await run(actions, field => fields.get(field) ?? '', actor);
  // A relative address: proxies may have put names before ours.
  sendBack(response, '?');
}

interface Refusal {
  readonly language: Language;
  readonly title: 'forOperators' | 'otherWay' | 'otherPage' | 'badForm';
  readonly text: 'notOne' | 'readAndPress' | 'unchanged';
}

function refuse(response: ServerResponse, status: number, { language, title, text }: Refusal): void {
  const words = wordsIn(language);
  const main = html`<h1>${words[title]}</h1><p>${words[text]}</p><p><a href="?">${words.toPage}</a></p>`;
  sendPage(response, status, { title: words[title], main, language });
}
