import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorRendererFor } from './error-body.ts';
import { createFrame } from './frame.ts';
import { Keeping } from './keeping.ts';
import { KeptAnswers } from './kept-answers.ts';
import type { MethodTable } from './method-table.ts';
import { copy } from './methods/copy.ts';
import { del } from './methods/delete.ts';
import { get } from './methods/get.ts';
import { lock } from './methods/lock.ts';
import { mkcol } from './methods/mkcol.ts';
import { move } from './methods/move.ts';
import { answerPrincipal } from './methods/principal.ts';
import { propfind } from './methods/propfind.ts';
import { proppatch } from './methods/proppatch.ts';
import { put } from './methods/put.ts';
import { report } from './methods/report.ts';
import { unlock } from './methods/unlock.ts';
import { noteCause } from './note-cause.ts';
import { prepareDrives } from './prepare.ts';
import { isPrincipalPath } from './principal-href.ts';
import { namePrivileges } from './privileges.ts';
import { awaitsLeave, type DavCaller, type DavRequest, type DavServices, parseRequest } from './request.ts';
import { keptBodyLength, requestKey } from './request-key.ts';
import { sendError } from './respond.ts';
import { readBody } from './xml/xml-reader.ts';

/** The compliance classes that OPTIONS promises (RFC 4918 §18, RFC 5689 §3.1). */
export const DAV_CLASSES = '1, 2, 3, extended-mkcol';
/** Those of a place that the user may only read: it has no locks, and Finder mounts it as a read-only volume. */
const READ_ONLY_CLASSES = '1, 3';

/**
 * Serves one request that has passed the front door. Resolves when all work on it is over, which can be after the
 * client has gone.
 */
export type WebDavHandler = (request: IncomingMessage, response: ServerResponse, caller: DavCaller) => Promise<void>;

/** The frame answers OPTIONS. */
const METHODS: MethodTable = {
  GET: get,
  HEAD: get,
  PUT: put,
  MKCOL: mkcol,
  DELETE: del,
  COPY: copy,
  MOVE: move,
  PROPFIND: propfind,
  PROPPATCH: proppatch,
  LOCK: lock,
  UNLOCK: unlock,
  REPORT: report,
};

export function createWebDavHandler(services: DavServices): WebDavHandler {
  const frame = createFrame({
    methods: METHODS,
    davClasses: DAV_CLASSES,
    readOnlyClasses: READ_ONLY_CLASSES,
    log: services.log,
  });
  const answers = services.maxAnswerBytes === 0 ? undefined : new KeptAnswers(services.maxAnswerBytes);
  return async (raw, response, caller) => {
    let request: DavRequest | undefined;
    try {
      const length = answers === undefined ? undefined : keptBodyLength(raw);
      const body = length ? await readBody(raw, length) : undefined;
      const key = length === undefined ? undefined : requestKey(raw, caller, body);
      if (key !== undefined && answers!.send(key, response, caller.note)) {
        return;
      }
      const keeping = key === undefined ? undefined : new Keeping(answers!, key);
      request = parseRequest(raw, response, { ...caller, services, body, keeping });
      if (isPrincipalPath(request)) {
        await answerPrincipal(request, response);
        return;
      }
      await prepareDrives(request);
      inviteBody(raw, response);
      await frame.execute(request, response);
    } catch (error) {
      noteCause(error, caller);
      const named = request === undefined ? error : await namePrivileges(error, request);
      sendError(response, named, services.log, errorRendererFor(raw, caller));
    }
  };
}

/**
 * Invites a client that waits for 100 Continue to send its body (RFC 9110 §10.1.1). Small bodies are invited at once,
 * the body of a PUT when its first byte is needed.
 */
function inviteBody(raw: IncomingMessage, response: ServerResponse): void {
  if (raw.method !== 'PUT' && awaitsLeave(raw)) {
    response.writeContinue();
  }
}
