import type { ServerResponse } from 'node:http';
import { type DrivePath, toDrivePath } from '../drive/path.ts';
import { copyProperties, type PropertyHolder } from './dead-properties.ts';
import { parseDestination } from './headers/destination.ts';
import { acceptedTimes, parseOcTimes } from './headers/oc-times.ts';
import type { Change } from './lock-guard.ts';
import { releaseBelow } from './locks.ts';
import { belowPrefix, type DavRequest, headerOf, ourHosts, placeOf, refuseMountFolder } from './request.ts';
import { sendEmpty } from './respond.ts';

/** Where COPY and MOVE put things. Throws 400, 403 for the folder of a mount, 502 for another server. */
export function destinationOf(request: DavRequest): DrivePath {
  const names = parseDestination(headerOf(request, 'destination'), ourHosts(request));
  const path = toDrivePath(belowPrefix(request, names));
  refuseMountFolder(path, 'replace');
  return path;
}

/** The target may be replaced whole, and may be a new name in its folder: both must be free of other people's locks. */
export function targetChanges(to: DrivePath): [path: DrivePath, change: Change][] {
  return [
    [to, 'tree'],
    [to, 'new'],
  ];
}

/**
 * What COPY and MOVE have in common once the entry is at `to`: locks of what it replaced end, properties come along, ownCloud's times are
 * set. `holders`: the entries with properties among those that the new ones were made from; undefined when the entries are the same.
 */
export async function finishTransfer(
  request: DavRequest,
  to: DrivePath,
  holders: readonly PropertyHolder[] | undefined,
): Promise<void> {
  const { drive, signal, services, raw } = request;
  releaseBelow(services.locks, placeOf(request, to), services.clock.now());
  if (holders !== undefined) {
    await copyProperties(request, holders, to);
  }
  const times = parseOcTimes(raw.headers);
  if (times.modified !== undefined || times.created !== undefined) {
    await drive.setTimes(to, times, { signal });
  }
}

export function answerTransfer({ raw }: DavRequest, response: ServerResponse, created: boolean): void {
  sendEmpty(response, created ? 201 : 204, acceptedTimes(parseOcTimes(raw.headers)));
}
