/**
 * `npm run bench [-- NAME …]`: measures figures that a test must not assert, because they depend on the machine. Each
 * bench prints figures and, where there is one, the bound that the project keeps; the exit code is 1 when a bound is
 * broken. `--quick` leaves the longest parts out; `--peer name=url` has `peers` measure another server, too.
 */

import { measureBrowser } from './browser.ts';
import { measureCluster } from './cluster.ts';
import { measureCpu } from './cpu.ts';
import { measureEmulator } from './emulator.ts';
import { measureListing } from './listing.ts';
import { measureMetadata } from './metadata.ts';
import { measurePeers } from './peers.ts';
import { measureRedirects } from './redirects.ts';
import { measureSignIn } from './sign-in.ts';
import { measureTransferMemory } from './transfer-memory.ts';

const BENCHES: Record<string, () => Promise<boolean>> = {
  cluster: measureCluster,
  browser: measureBrowser,
  cpu: measureCpu,
  emulator: measureEmulator,
  listing: measureListing,
  metadata: measureMetadata,
  peers: measurePeers,
  redirects: measureRedirects,
  'sign-in': measureSignIn,
  'transfer-memory': measureTransferMemory,
};

const words = process.argv.slice(2);
const named = words.filter((word, at) => !word.startsWith('--') && words[at - 1] !== '--peer');
const chosen = named.length > 0 ? named : Object.keys(BENCHES);
for (const name of chosen) {
  const bench = BENCHES[name];
  if (bench === undefined) {
    console.error(`there is no bench "${name}"; there are: ${Object.keys(BENCHES).join(', ')}`);
    process.exitCode = 2;
    break;
  }
  console.log(`\n${name}`);
  if (!(await bench())) {
    process.exitCode = 1;
  }
}
