/** What counting costs: CPU time of one request, one sign-in and one call to Microsoft. `node test/bench/metrics.ts` */
import { createMetrics } from '../../src/metrics/metrics.ts';

const ROUNDS = 1_000_000;
const AGENTS = ['rclone/v1.60.1', 'curl/7.88.1', 'davfs2/1.6.1 neon/0.32.5', 'Microsoft-WebDAV-MiniRedir/10.0.19041'];
const METHODS = ['GET', 'PROPFIND', 'PUT', 'HEAD'];
const STATUSES = [200, 207, 201, 404];

const metrics = createMetrics({ watchesProcess: false });
const tenant = metrics.microsoft('default');

measure('a request', round => {
  metrics.requestBegan();
  metrics.requestEnded({
    method: METHODS[round % 4]!,
    status: STATUSES[round % 4]!,
    seconds: (round % 9) / 100,
    userAgent: AGENTS[(round >> 2) % 4],
    read: round % 5_000,
    written: round % 90_000,
  });
});
measure('a sign-in', () => metrics.signIn('basic', 'accepted'));
measure('a call to Microsoft', round => {
  const headers = { 'x-ms-resource-unit': '1' };
  tenant.tried({ operation: 'GET /drives/{id}/root/children', status: 200, seconds: (round % 9) / 10, headers });
});
const before = performance.now();
const { body } = await metrics.expose(undefined);
console.log(`a scrape: ${(performance.now() - before).toFixed(1)} ms, ${body.length} bytes`);

function measure(what: string, work: (round: number) => void): void {
  for (let round = 0; round < ROUNDS / 5; round += 1) {
    work(round);
  }
  const before = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round += 1) {
    work(round);
  }
  const { user, system } = process.cpuUsage(before);
  console.log(`${what}: ${Math.round(((user + system) / ROUNDS) * 1_000)} ns`);
}
