import { DAV_NAMESPACE } from '../xml/namespaces.ts';
import { escapeXml } from '../xml/xml-writer.ts';
import { isLive, keyOfName, type PropertyName, type PropertySource, rendererOf } from './live-properties.ts';

/** The number of characters rendered between two writes. */
const BATCH_LENGTH = 32 * 1024;

export interface Listed {
  readonly href: string;
  readonly source: PropertySource;
}

/** The properties that PROPFIND asks for. */
export interface Asked {
  /** `propname`: names without values. */
  readonly namesOnly: boolean;
  /** Properties asked for by name, dead or live. One that an entry does not have is reported as missing. */
  readonly named: readonly PropertyName[];
  /**
   * For `allprop` and `propname`: these live properties where an entry has them, and all its dead ones. Undefined for a
   * request by name.
   */
  readonly all: readonly PropertyName[] | undefined;
  /** The client does not want to hear which properties an entry lacks (RFC 8144 §2.1). */
  readonly withoutMissing: boolean;
}

/**
 * Renders a 207 body in pieces, so that 10,000 entries never stand in memory as XML. Windows 7 and Kodi look for the
 * prefix `D:` and for the exact status text. The propstat with 200 comes first.
 */
export async function* renderMultistatus(
  entries: AsyncIterable<readonly Listed[]>,
  asked: Asked,
): AsyncGenerator<string> {
  const renderResponse = compileResponse(asked);
  let batch = '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">';
  for await (const some of entries) {
    for (const entry of some) {
      batch += renderResponse(entry);
      if (batch.length >= BATCH_LENGTH) {
        yield batch;
        batch = '';
      }
    }
  }
  yield `${batch}</D:multistatus>\n`;
}

/** Renders a property of an entry as an element; undefined when the entry does not have it. */
type RenderElement = (source: PropertySource, dead: Map<string, string>) => string | undefined;

/** Prepares what is the same for each entry: a listing can have many thousands. */
export function compileResponse(asked: Asked): (listed: Listed) => string {
  const all = (asked.all ?? []).map(property => compileElement(property, asked));
  const named = asked.named.map(property => ({
    render: compileElement(property, asked),
    missing: renderElement(property, ''),
  }));
  return ({ href, source }) => {
    const dead = deadElements(source, asked);
    let found = '';
    for (const render of all) {
      found += render(source, dead) ?? '';
    }
    let missing = '';
    for (const property of named) {
      const element = property.render(source, dead);
      found += element ?? '';
      missing += element === undefined ? property.missing : '';
    }
    if (asked.all !== undefined) {
      found += [...dead.values()].join('');
    }
    const isSilent = missing === '' || asked.withoutMissing;
    const propstats =
      (found === '' && !isSilent ? '' : propstat(found, 'HTTP/1.1 200 OK')) +
      (isSilent ? '' : propstat(missing, 'HTTP/1.1 404 Not Found'));
    return `<D:response><D:href>${escapeXml(href)}</D:href>${propstats}</D:response>`;
  };
}

function compileElement(property: PropertyName, { namesOnly }: Asked): RenderElement {
  const renderLive = rendererOf(property);
  if (renderLive === undefined) {
    const key = keyOfName(property);
    return (_, dead) => takeFrom(dead, key);
  }
  const { start, end, empty } = tagsOf(property);
  return source => {
    const value = renderLive(source);
    if (value === undefined) {
      return undefined;
    }
    return value === '' || namesOnly ? empty : `${start}${value}${end}`;
  };
}

/** False when the client asks for live properties only. Then the dead ones are not looked up. */
export function asksForDead({ all, named }: Asked): boolean {
  return all !== undefined || !named.every(isLive);
}

/** `propname` asks for names alone and needs no locks. */
export function asksForLocks({ named, all = [], namesOnly }: Asked): boolean {
  return (
    !namesOnly &&
    [...named, ...all].some(({ namespace, name }) => namespace === DAV_NAMESPACE && name === 'lockdiscovery')
  );
}

/** The dead properties as elements of the answer. */
function deadElements({ deadProperties }: PropertySource, asked: Asked): Map<string, string> {
  const properties = asksForDead(asked) ? deadProperties() : [];
  return new Map(
    properties.map(property => [keyOfName(property), asked.namesOnly ? renderElement(property, '') : property.xml]),
  );
}

function takeFrom(elements: Map<string, string>, key: string): string | undefined {
  const element = elements.get(key);
  elements.delete(key);
  return element;
}

/** Renders properties that share a status. `more` is the error element, if there is one. */
export function propstat(properties: string, status: string, more = ''): string {
  return `<D:propstat><D:prop>${properties}</D:prop><D:status>${status}</D:status>${more}</D:propstat>`;
}

/** Renders a property as an element of its own namespace; `value` is XML. */
export function renderElement(property: PropertyName, value: string): string {
  const { start, end, empty } = tagsOf(property);
  return value === '' ? empty : `${start}${value}${end}`;
}

function tagsOf({ namespace, name }: PropertyName): { start: string; end: string; empty: string } {
  const [tag, declaration] =
    namespace === DAV_NAMESPACE
      ? [`D:${name}`, '']
      : namespace === ''
        ? [name, ' xmlns=""']
        : [`x:${name}`, ` xmlns:x="${escapeXml(namespace)}"`];
  return { start: `<${tag}${declaration}>`, end: `</${tag}>`, empty: `<${tag}${declaration}/>` };
}
