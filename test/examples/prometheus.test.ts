import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { davClient } from '../support/dav-client.ts';
import { describeWith, start } from '../support/foreign-client.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { startTestServer } from '../support/test-server.ts';

interface Answer {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

describeWith('prometheus', 'a running Prometheus', () => {
  it('scrapes a listener of its own in OpenMetrics, with a token, and answers questions', async () => {
    await using folder = await makeTempDir();
    const server = await startTestServer({
      yaml: ['metrics: { listen: { host: 127.0.0.1, port: 0 }, token: a-token-of-the-tests }'],
    });
    try {
      await davClient(server)('PROPFIND', '/ada/', { Depth: '1', 'User-Agent': 'rclone/v1.60.1' });
      const lines = server.logged.map(line => JSON.parse(line) as { msg: string; url: string });
      const { host } = new URL(lines.find(({ msg }) => msg === 'serving metrics')!.url);
      const config = join(folder.path, 'prometheus.yml');
      const job = `  - job_name: onedrive-webdav\n    authorization: { credentials: a-token-of-the-tests }`;
      const targets = `    static_configs: [{ targets: ["${host}"] }]`;
      await writeFile(config, `global: { scrape_interval: 1s }\nscrape_configs:\n${job}\n${targets}\n`);
      await using prometheus = start('prometheus', [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder.path, 'tsdb')}`,
        '--web.listen-address=127.0.0.1:0',
      ]);
      const ask = async (query: string): Promise<string | undefined> => {
        const address = /msg="Listening on" address=(\S+)/.exec(prometheus.printed)?.[1];
        if (address === undefined) {
          return undefined;
        }
        const url = `http://${address}/api/v1/query?${new URLSearchParams({ query })}`;
        const answer = await fetch(url).then(
          async found => (await found.json()) as Answer,
          () => undefined,
        );
        return answer?.data?.result[0]?.value[1];
      };
      const propfinds = 'sum(onedrive_webdav_requests_total{method="PROPFIND",client="rclone",class="2xx"})';
      await expect.poll(() => ask(propfinds), { timeout: 60_000, interval: 200 }).toBe('1');
      expect(await ask('up{job="onedrive-webdav"}')).toBe('1');
      expect(await ask('count(onedrive_webdav_request_seconds_bucket{method="PROPFIND"})')).toBe('9');
    } finally {
      await server.stop();
    }
  });
});
