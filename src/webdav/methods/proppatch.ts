import type { ServerResponse } from 'node:http';
import { checkConditions, hasConditions } from '../check-conditions.ts';
import { isOwnLockEnough } from '../client-quirks.ts';
import { appliedPreferences, parsePreferences } from '../headers/prefer.ts';
import { encodeHref } from '../href.ts';
import { changing } from '../locks/lock-guard.ts';
import { applyUpdate, deadPropertiesOf } from '../properties/dead-properties.ts';
import { planUpdate, readInstructions, renderOutcome } from '../properties/property-update.ts';
import { type DavRequest, refuseReadOnly } from '../request.ts';
import { sendEmpty, sendMultistatus } from '../respond.ts';
import { readXml } from '../xml/xml-reader.ts';
import { escapeXml } from '../xml/xml-writer.ts';

/**
 * PROPPATCH (RFC 4918 §9.2): all instructions or none. Times go to OneDrive; other properties of clients go into our
 * state.
 */
export async function proppatch(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal, raw, services } = request;
  const instructions = readInstructions(await readXml(request, services.maxXmlBytes), 'propertyupdate');
  const entry = await drive.stat(path, { signal });
  refuseReadOnly(drive, path, 'change properties of');
  if (hasConditions(request.conditions)) {
    await checkConditions(request, entry);
  }
  const plan = planUpdate(instructions, await deadPropertiesOf(request, path, entry));
  const change = (await isOwnLockEnough(request, plan.names)) ? 'own' : 'entry';
  await changing(request, [[path, change]], async () => {
    if (plan.refusals.size === 0) {
      await applyUpdate(request, path, entry, plan);
    }
  });
  const { isMinimal } = parsePreferences(raw.headers);
  if (plan.refusals.size === 0 && isMinimal) {
    // RFC 8144 §2.2: success needs no more words.
    sendEmpty(response, 200, appliedPreferences(raw.headers, { isMinimal }));
    return;
  }
  const href = encodeHref([...request.prefix, ...request.names], entry.kind);
  sendMultistatus(response, `<D:response><D:href>${escapeXml(href)}</D:href>${renderOutcome(plan)}</D:response>`);
}
