import type { ServerResponse } from 'node:http';
import { type DrivePath, formatPath, toDrivePath } from '../drive/path.ts';
import { parseDestination } from './headers/destination.ts';
import { acceptedTimes, parseOcTimes } from './headers/oc-times.ts';
import type { Change } from './locks/locks.ts';
import { copyProperties, type PropertyHolder } from './properties/dead-properties.ts';
import { belowPrefix, headerOf, ourHosts, placeOf, type RequestPart, refuseMountFolder } from './request.ts';
import { sendEmpty } from './respond.ts';

/** The target path of COPY and MOVE. Throws 400, 403 for the folder of a mount, 502 for another server. */
export function destinationOf({
  raw,
  hosts,
  prefix,
  services,
}: RequestPart<'raw' | 'hosts' | 'prefix', 'publicHosts'>): DrivePath {
  const names = parseDestination(headerOf(raw, 'destination'), ourHosts(raw, services.publicHosts, hosts));
  const path = toDrivePath(belowPrefix(prefix, names));
  refuseMountFolder(path, 'replace');
  return path;
}

/**
 * The changes at the target: a transfer may replace the target with all its members, and may add a new name to its
 * folder. Other people's locks forbid either.
 */
export function targetChanges(to: DrivePath): [path: DrivePath, change: Change][] {
  return [
    [to, 'tree'],
    [to, 'new'],
  ];
}

/**
 * The common end of COPY and MOVE, once the entry is at `to`: ends the locks of what the entry replaced, copies
 * properties, sets ownCloud's times. `holders` are the source entries with properties; undefined when the properties
 * are there already. Never fails: the change is done, and an error would deny that. Returns the headers that tell which
 * times were set.
 */
export async function finishTransfer(
  request: RequestPart<'drive' | 'signal' | 'raw' | 'method', 'locks' | 'clock' | 'properties' | 'log'>,
  to: DrivePath,
  holders: readonly PropertyHolder[] | undefined,
): Promise<Record<string, string>> {
  const { drive, signal, services, raw, method } = request;
  const warn = (failure: string) => (error: unknown) =>
    services.log.warn({ err: error, path: formatPath(to) }, `a ${method} succeeded, but ${failure}`);
  await services.locks.endBelow(placeOf(drive, to), services.clock.now());
  if (holders !== undefined) {
    await attempt(() => copyProperties(request, holders, to), warn('not all properties were copied'));
  }
  const times = parseOcTimes(raw.headers);
  if (times.modified === undefined && times.created === undefined) {
    return {};
  }
  const entry = await attempt(() => drive.setTimes(to, times, { signal }), warn('times were not set'));
  return entry === undefined ? {} : acceptedTimes(times, entry);
}

/** `accepted` are the headers that tell which times were set. */
export function answerTransfer(
  response: ServerResponse,
  { created, accepted }: { created: boolean; accepted: Record<string, string> },
): void {
  sendEmpty(response, created ? 201 : 204, accepted);
}

async function attempt<T>(run: () => Promise<T>, warn: (error: unknown) => void): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    warn(error);
    return undefined;
  }
}
