import type { ServerResponse } from 'node:http';
import { type DrivePath, formatPath, toDrivePath } from '../drive/path.ts';
import { parseDestination } from './headers/destination.ts';
import { acceptedTimes, parseOcTimes } from './headers/oc-times.ts';
import type { Change } from './locks/locks.ts';
import { copyProperties, type PropertyHolder } from './properties/dead-properties.ts';
import { belowPrefix, type DavRequest, headerOf, ourHosts, placeOf, refuseMountFolder } from './request.ts';
import { sendEmpty } from './respond.ts';

/** Where COPY and MOVE put things. Throws 400, 403 for the folder of a mount, 502 for another server. */
export function destinationOf(request: DavRequest): DrivePath {
  const names = parseDestination(headerOf(request.raw, 'destination'), ourHosts(request));
  const path = toDrivePath(belowPrefix(request.prefix, names));
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
 * set. `holders`: the entries with properties among those that the new ones were made from; undefined when the properties are there already.
 * Never fails: the change is done, and to answer an error would deny that. Gives the headers that tell which times were set.
 */
export async function finishTransfer(
  request: DavRequest,
  to: DrivePath,
  holders: readonly PropertyHolder[] | undefined,
): Promise<Record<string, string>> {
  const { drive, signal, services, raw } = request;
  await services.locks.endBelow(placeOf(request, to), services.clock.now());
  if (holders !== undefined) {
    await attempt(request, to, 'properties were not all copied', () => copyProperties(request, holders, to));
  }
  const times = parseOcTimes(raw.headers);
  if (times.modified === undefined && times.created === undefined) {
    return {};
  }
  const entry = await attempt(request, to, 'times were not set', () => drive.setTimes(to, times, { signal }));
  return entry === undefined ? {} : acceptedTimes(times, entry);
}

/** `accepted`: headers that tell which times were kept. */
export function answerTransfer(
  response: ServerResponse,
  { created, accepted }: { created: boolean; accepted: Record<string, string> },
): void {
  sendEmpty(response, created ? 201 : 204, accepted);
}

async function attempt<T>(
  { services, method }: DavRequest,
  to: DrivePath,
  failure: string,
  run: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    services.log.warn({ err: error, path: formatPath(to) }, `a ${method} was done, but ${failure}`);
    return undefined;
  }
}
