import { fetch as fetchThrough, ProxyAgent } from 'undici';
import { afterAll, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { type Conduct, describeGraph } from '../contracts/graph/describe-graph.ts';
import type { GraphTarget } from '../contracts/graph/graph-target.ts';

const MAILBOX = 'ada@contoso.com';
const FEWEST_CASES = 170;

/** Another emulator for each half: the violations of one must not be taken for those of the other. */
interface Half {
  emulator?: Emulator;
  dispatcher?: ProxyAgent;
}

async function openEmulated(half: Half): Promise<GraphTarget> {
  const emulator = await createEmulator();
  for (const upn of [MAILBOX, 'grace@contoso.com', 'edsger@contoso.com']) {
    emulator.addMailbox({ upn });
  }
  const dispatcher = new ProxyAgent({ uri: emulator.proxy, requestTls: { ca: emulator.caPem } });
  Object.assign(half, { emulator, dispatcher });
  return {
    baseUrl: 'https://graph.microsoft.com/v1.0',
    // The package's fetch, and not Node's: a dispatcher belongs to the undici that made it. Their types differ in name
    // only.
    fetch: (url, init) => fetchThrough(url, { ...init, dispatcher } as object) as unknown as Promise<Response>,
    tokenUrl: `https://login.microsoftonline.com/${emulator.tenantId}/oauth2/v2.0/token`,
    tenantId: emulator.tenantId,
    clientId: emulator.clientId,
    clientSecret: emulator.clientSecret,
    mailbox: MAILBOX,
    folder: 'graph contract',
    disposable: true,
    // Only what the emulator does in the background is looked for twice.
    patience: { tries: 300, pauseMs: 10 },
  };
}

function describeHalf(conduct: Conduct, expectViolations: (emulator: Emulator) => void): number {
  const half: Half = {};
  const count = describeGraph(`the emulator, ${conduct} conduct`, () => openEmulated(half), conduct);
  describe(`the emulator after ${conduct} conduct`, () => {
    afterAll(async () => {
      await half.dispatcher?.close();
      await half.emulator?.close();
    });
    it('has recorded the violations that there were, and no others', () => expectViolations(half.emulator!));
  });
  return count;
}

const counts = [
  describeHalf('good', emulator => expect(emulator.violations, JSON.stringify(emulator.violations)).toEqual([])),
  describeHalf('bad', emulator => expect(emulator.violations).not.toEqual([])),
];

it(`has at least ${FEWEST_CASES} cases`, () => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  console.log(`Microsoft Graph: ${total} contract cases in all`);
  expect(total).toBeGreaterThanOrEqual(FEWEST_CASES);
});
