import type { EntryTimes } from '../../drive/drive.ts';
import type { DeadProperty, PropertyChanges } from '../../state/property-store.ts';
import { DavError } from '../errors.ts';
import { parsePropertyDate, parseUnixTime } from '../headers/dates.ts';
import { renderCondition } from '../respond.ts';
import { DAV_NAMESPACE, MICROSOFT_NAMESPACE } from '../xml/namespaces.ts';
import type { XmlElement } from '../xml/xml-reader.ts';
import { serializeElement } from '../xml/xml-writer.ts';
import { isLive, keyOfName, type PropertyName } from './live-properties.ts';
import { propstat, renderElement } from './multistatus.ts';

/** The longest property as XML, in characters: a note or a thumbnail fits, a file does not. */
const MAX_PROPERTY_LENGTH = 64 * 1024;

/** The most properties of one entry; far more than any client sets. */
const MAX_PROPERTIES = 256;
/** The longest XML of all properties of one entry together, in characters: a listing holds them all. */
const MAX_TOTAL_LENGTH = 256 * 1024;

/** One `set` or `remove` of one property, in the order of the request. */
export interface Instruction {
  readonly action: 'set' | 'remove';
  readonly property: XmlElement;
}

/** The reason why a property stays unchanged. */
interface Refusal {
  readonly status: '403 Forbidden' | '409 Conflict' | '507 Insufficient Storage';
  readonly condition?: string;
}

/** The effect of a list of instructions, before any change is made. */
export interface UpdatePlan {
  /** Every property that the instructions name, once. */
  readonly names: readonly PropertyName[];
  /** By `keyOfName`. One refusal is enough to change nothing at all (RFC 4918 §9.2: all or nothing). */
  readonly refusals: ReadonlyMap<string, Refusal>;
  readonly times: EntryTimes;
  readonly changes: PropertyChanges;
}

const PROTECTED: Refusal = { status: '403 Forbidden', condition: 'cannot-modify-protected-property' };
const UNREADABLE: Refusal = { status: '409 Conflict' };
const NO_ROOM: Refusal = { status: '507 Insufficient Storage' };

/**
 * The properties that set an entry's times, and how their values are written: Explorer's, `lastmodified` of rclone
 * (Unix seconds), and `getlastmodified` and `creationdate`, which RFC 4918 protects but WinSCP and others set.
 */
const TIMES = new Map<string, { readonly which: keyof EntryTimes; readonly parse: (text: string) => Date | undefined }>(
  [
    [
      keyOfName({ namespace: MICROSOFT_NAMESPACE, name: 'Win32LastModifiedTime' }),
      { which: 'modified', parse: parsePropertyDate },
    ],
    [
      keyOfName({ namespace: MICROSOFT_NAMESPACE, name: 'Win32CreationTime' }),
      { which: 'created', parse: parsePropertyDate },
    ],
    [keyOfName({ namespace: DAV_NAMESPACE, name: 'lastmodified' }), { which: 'modified', parse: parseUnixTime }],
    [keyOfName({ namespace: DAV_NAMESPACE, name: 'getlastmodified' }), { which: 'modified', parse: parsePropertyDate }],
    [keyOfName({ namespace: DAV_NAMESPACE, name: 'creationdate' }), { which: 'created', parse: parsePropertyDate }],
  ],
);
/** OneDrive keeps no time of last access, but Explorer needs the answer that it was set (dav-server-rs). */
const ACCEPTED = keyOfName({ namespace: MICROSOFT_NAMESPACE, name: 'Win32LastAccessTime' });

/** The instructions of a `propertyupdate` (RFC 4918 §14.19), or of an `mkcol` (RFC 5689 §5.1). Throws 400. */
export function readInstructions(body: XmlElement | undefined, root: 'propertyupdate' | 'mkcol'): Instruction[] {
  if (body?.namespace !== DAV_NAMESPACE || body.name !== root) {
    throw new DavError(400, `the body must be a DAV: ${root} element`);
  }
  const instructions = body.children.flatMap(({ namespace, name, children }) =>
    namespace === DAV_NAMESPACE && (name === 'set' || name === 'remove')
      ? children
          .filter(child => child.namespace === DAV_NAMESPACE && child.name === 'prop')
          .flatMap(prop => prop.children.map(property => ({ action: name, property }) as const))
      : [],
  );
  if (instructions.length === 0) {
    throw new DavError(400, `the ${root} element names no property to set or to remove`);
  }
  return instructions;
}

/**
 * Plans the instructions in their order and changes nothing. The last instruction about a property counts. `existing`
 * are the dead properties that the entry has already.
 */
export function planUpdate(instructions: readonly Instruction[], existing: readonly DeadProperty[]): UpdatePlan {
  const names = new Map<string, PropertyName>();
  const refusals = new Map<string, Refusal>();
  const set = new Map<string, DeadProperty>();
  const remove = new Map<string, PropertyName>();
  const times: { created?: Date; modified?: Date } = {};
  for (const { action, property } of instructions) {
    const { namespace, name } = property;
    const key = keyOfName(property);
    names.set(key, { namespace, name });
    const time = TIMES.get(key);
    if (time !== undefined && action === 'set') {
      const date = time.parse(property.text.trim());
      times[time.which] = date;
      note(refusals, key, date === undefined ? UNREADABLE : undefined);
    } else if (isLive(property) || (namespace === DAV_NAMESPACE && !isFree(name))) {
      note(refusals, key, isProtected(action, property) ? PROTECTED : undefined);
    } else if (action === 'set') {
      const xml = serializeElement(property, MAX_PROPERTY_LENGTH);
      note(refusals, key, xml === undefined ? NO_ROOM : undefined);
      set.set(key, { namespace, name, xml: xml ?? '' });
      remove.delete(key);
    } else {
      set.delete(key);
      remove.set(key, { namespace, name });
    }
  }
  refuseTooMany(refusals, set, { existing, remove });
  const changes = { set: [...set.values()], remove: [...remove.values()] };
  return { names: [...names.values()], refusals, times, changes };
}

/**
 * The propstats of the answer: each property with its result, or with the result that it would have had (RFC 4918
 * §9.2.1).
 */
export function renderOutcome({ names, refusals }: UpdatePlan): string {
  const byStatus = new Map<string, { elements: string; error: string }>();
  for (const name of names) {
    const refusal = refusals.get(keyOfName(name));
    const status = refusal?.status ?? (refusals.size === 0 ? '200 OK' : '424 Failed Dependency');
    const error = refusal?.condition === undefined ? '' : `<D:error>${renderCondition(refusal.condition)}</D:error>`;
    const before = byStatus.get(`${status}${error}`)?.elements ?? '';
    byStatus.set(`${status}${error}`, { elements: before + renderElement(name, ''), error });
  }
  return [...byStatus]
    .map(([key, { elements, error }]) =>
      propstat(elements, `HTTP/1.1 ${key.slice(0, key.length - error.length)}`, error),
    )
    .join('');
}

/** Replaces the result of an earlier instruction about the same property. */
function note(refusals: Map<string, Refusal>, key: string, refusal: Refusal | undefined): void {
  if (refusal === undefined) {
    refusals.delete(key);
  } else {
    refusals.set(key, refusal);
  }
}

/**
 * True when a client must not change this property, because the server computes it. Removing a property that does not
 * exist does no harm (RFC 4918 §14.23).
 */
function isProtected(action: Instruction['action'], property: PropertyName): boolean {
  const isThere = action === 'set' || isLive(property);
  return isThere && keyOfName(property) !== ACCEPTED && property.namespace !== MICROSOFT_NAMESPACE;
}

/** Refuses all properties to set when the entry would then exceed the limits. */
function refuseTooMany(
  refusals: Map<string, Refusal>,
  set: ReadonlyMap<string, DeadProperty>,
  { existing, remove }: { existing: readonly DeadProperty[]; remove: ReadonlyMap<string, PropertyName> },
): void {
  const left = existing.filter(property => !remove.has(keyOfName(property)) && !set.has(keyOfName(property)));
  const all = [...left, ...set.values()];
  const length = all.reduce((sum, { xml }) => sum + xml.length, 0);
  if (all.length > MAX_PROPERTIES || length > MAX_TOTAL_LENGTH) {
    for (const key of set.keys()) {
      refusals.set(key, NO_ROOM);
    }
  }
}

/** True for the properties in DAV: that some document lets a client set. */
function isFree(name: string): boolean {
  return name === 'source' || name === 'getcontentlanguage';
}
