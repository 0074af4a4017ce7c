/**
 * `npm run soak [-- MINUTES]` (20 unless it is given): 16 clients read and write without a pause while one in twenty
 * answers of the emulated Microsoft is a fault. The memory, the descriptors and the sockets of the server must stay as
 * they are, each status must be one that the fault explains, and each file must be as its client last wrote it. The
 * exit code is 1 when one of these does not hold.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, setGlobalDispatcher } from 'undici';
import { startOurs } from '../bench/peers/subjects.ts';
import { openWorld } from '../bench/peers/world.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { SoakClient } from './client.ts';
import { isFlat, type Sample, sampleOf, showSample } from './samples.ts';

const CLIENTS = 16;
const FAULTS_OF_ANSWERS = 0.05;
const SAMPLE_MS = 10_000;

const minutes = Number(process.argv[2] ?? 20);
setGlobalDispatcher(new Agent({ connections: CLIENTS, headersTimeout: 120_000, bodyTimeout: 120_000 }));

await using folder = await makeTempDir();
await mkdir(join(folder.path, 'ours'));
await using world = await openWorld({ latencyMs: 0, largeBytes: 1024, copies: 0, faults: FAULTS_OF_ANSWERS });
await using ours = await startOurs(world, join(folder.path, 'ours'));

const clients = Array.from({ length: CLIENTS }, (_, index) => new SoakClient(ours, `/up/client-${index}`, index));
const samples: Sample[] = [];
const until = performance.now() + minutes * 60_000;
const sampling = setInterval(async () => {
  const sample = await sampleOf(ours.pid);
  samples.push(sample);
  console.log(`${showSample(sample)}, ${totalOf('requests')} requests, ${totalOf('refused')} refused`);
}, SAMPLE_MS);
await Promise.all(clients.map(client => client.workUntil(until)));
clearInterval(sampling);

const complaints = [...clients.flatMap(client => client.complaints), ...isFlat(samples)];
console.log(`${totalOf('requests')} requests, ${totalOf('refused')} of them refused because of a fault`);
console.log(complaints.length === 0 ? 'nothing unexpected' : complaints.slice(0, 50).join('\n'));
process.exitCode = complaints.length === 0 ? 0 : 1;

function totalOf(count: 'requests' | 'refused'): number {
  return clients.reduce((sum, client) => sum + client[count], 0);
}
