import type { ServerResponse } from 'node:http';
import { DavError } from '../errors.ts';
import { parsePreferences } from '../headers/prefer.ts';
import { isOwnPrincipal, principalHref } from '../principal-href.ts';
import { keyOfName, type PropertyName } from '../properties/live-properties.ts';
import { propstat, renderElement } from '../properties/multistatus.ts';
import type { DavRequest } from '../request.ts';
import { sendEmpty, sendMultistatus } from '../respond.ts';
import { DAV_NAMESPACE } from '../xml/namespaces.ts';
import { readXml } from '../xml/xml-reader.ts';
import { escapeXml } from '../xml/xml-writer.ts';
import { readAsked } from './propfind.ts';

/** RFC 4918 §18. A principal has no locks. */
const PRINCIPAL_CLASSES = '1, 3';

/**
 * Answers at the principal of a user, to which `current-user-principal` leads (RFC 5397): PROPFIND and OPTIONS. It has
 * no members, and the configuration alone changes it.
 */
export async function answerPrincipal(request: DavRequest, response: ServerResponse): Promise<void> {
  if (!isOwnPrincipal(request)) {
    throw new DavError(404, 'there is no such principal, or it is not yours');
  }
  const allow = { Allow: 'OPTIONS, PROPFIND' };
  if (request.method === 'OPTIONS') {
    sendEmpty(response, 200, { ...allow, DAV: PRINCIPAL_CLASSES, 'MS-Author-Via': 'DAV' });
    return;
  }
  if (request.method !== 'PROPFIND') {
    throw new DavError(405, 'a principal can only be looked at', { headers: allow });
  }
  const { raw, services } = request;
  const { isMinimal } = parsePreferences(raw.headers);
  const asked = readAsked(raw, await readXml(request, services.maxXmlBytes), isMinimal);
  const values = valuesOf(request);
  const wanted = asked.all === undefined ? asked.named : [...values.keys()].map(nameOfKey).concat(asked.named);
  const found = wanted.filter(name => values.has(keyOfName(name)));
  const missing = asked.withoutMissing ? [] : wanted.filter(name => !values.has(keyOfName(name)));
  const render = (name: PropertyName) => renderElement(name, asked.namesOnly ? '' : values.get(keyOfName(name))!);
  const propstats =
    (found.length === 0 && missing.length > 0 ? '' : propstat(found.map(render).join(''), 'HTTP/1.1 200 OK')) +
    (missing.length === 0
      ? ''
      : propstat(missing.map(name => renderElement(name, '')).join(''), 'HTTP/1.1 404 Not Found'));
  const href = escapeXml(principalHref(request));
  sendMultistatus(response, `<D:response><D:href>${href}</D:href>${propstats}</D:response>`);
}

/** The properties of a principal (RFC 3744 §4) as XML, by `keyOfName`. */
function valuesOf(request: Pick<DavRequest, 'user' | 'prefix'>): ReadonlyMap<string, string> {
  const href = `<D:href>${escapeXml(principalHref(request))}</D:href>`;
  const values = {
    resourcetype: '<D:principal/>',
    displayname: escapeXml(request.user),
    'principal-URL': href,
    'current-user-principal': href,
    'alternate-URI-set': '',
    'group-member-set': '',
    'group-membership': '',
  };
  return new Map(Object.entries(values).map(([name, value]) => [keyOfName({ namespace: DAV_NAMESPACE, name }), value]));
}

function nameOfKey(key: string): PropertyName {
  const end = key.indexOf(' ');
  return { namespace: key.slice(0, end), name: key.slice(end + 1) };
}
