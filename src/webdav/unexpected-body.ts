import type { IncomingMessage } from 'node:http';
import { refuseCodings } from './content-codings.ts';
import { DavError } from './errors.ts';
import { DAV_NAMESPACE } from './xml/namespaces.ts';
import { hasNoBody, parseXmlBytes, readBody } from './xml/xml-reader.ts';

/**
 * Refuses a body that would be ignored (RFC 4918 §8.4). Old clients send the `propertybehavior` of RFC 2518 §12.12 with
 * COPY and MOVE. It is accepted and ignored, because it asks for what these methods do anyway (docs/decisions/0008).
 * Throws 400, 413, 415.
 */
export async function refuseBody(raw: IncomingMessage, maxXmlBytes: number): Promise<void> {
  const { headers, method } = raw;
  if (hasNoBody(raw)) {
    return;
  }
  refuseCodings(raw);
  const bytes = await readBody(raw, maxXmlBytes);
  if (bytes.length > 0 && !isPropertyBehavior(bytes, headers['content-type'])) {
    throw new DavError(415, `${method} takes no body (RFC 4918 §8.4)`);
  }
}

function isPropertyBehavior(bytes: Buffer, contentType = ''): boolean {
  if (!/^(application|text)\/xml\b/i.test(contentType)) {
    return false;
  }
  const { namespace, name } = parseXmlBytes(bytes);
  return namespace === DAV_NAMESPACE && name === 'propertybehavior';
}
