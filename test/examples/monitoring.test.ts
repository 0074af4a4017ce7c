import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { makeCertificate } from '../support/certificates.ts';
import { davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith, mustRun } from '../support/foreign-client.ts';
import { readExpression } from '../support/promql.ts';
import { basic } from '../support/raw-http.ts';
import { startReloadServer } from '../support/reload-server.ts';
import { parseSamples, type Sample, scrape, scrapeTls, sumOf } from '../support/scrape.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const FOLDER = fileURLToPath(new URL('../../examples/monitoring/', import.meta.url));

/** What Prometheus itself adds to each sample. */
const OF_PROMETHEUS = ['job', 'instance'];
const TLS_EXPIRY = 'onedrive_webdav_tls_certificate_expiry_timestamp_seconds';
/** Metrics that need more than a little traffic: another test shows that each of them exists. */
const RARE: Readonly<Record<string, readonly string[]>> = {
  up: [],
  onedrive_webdav_credential_expiry_timestamp_seconds: ['tenant'],
  onedrive_webdav_discovery_failures_total: ['tenant'],
  // It appears with the first collection after the start.
  nodejs_gc_duration_seconds_sum: ['kind'],
};

async function expressions(): Promise<{ where: string; expression: string }[]> {
  const rules = parse(await readFile(`${FOLDER}alerts.yml`, 'utf8')) as {
    groups: { rules: { alert: string; expr: string }[] }[];
  };
  const dashboard = JSON.parse(await readFile(`${FOLDER}dashboard.json`, 'utf8')) as {
    panels: { title: string; targets?: { expr: string }[] }[];
  };
  return [
    ...rules.groups.flatMap(group => group.rules.map(({ alert, expr }) => ({ where: alert, expression: expr }))),
    ...dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ where: title, expression: expr })),
    ),
  ];
}

/** A server that has met everything which happens on an ordinary day. */
async function busyServer(): Promise<TestServer> {
  const server = await startTestServer({ yaml: ['metrics: true'] });
  const dav = davClient(server);
  await server.mailboxes.ada.put('/a.txt', 'words');
  await dav('PUT', '/ada/b.txt', {}, 'more words');
  await dav('GET', '/ada/a.txt');
  await fetch(server.url, { headers: basic('nobody', 'wrong') });
  let left = 1;
  server.emulator.setFault(operation =>
    operation === 'driveItem-list-children' && left-- > 0 ? { status: 429, retryAfter: '1' } : undefined,
  );
  await dav('PROPFIND', '/grace/', { Depth: '1' });
  server.emulator.setFault(undefined);
  return server;
}

/** The samples of a server with TLS. */
async function tlsSamples(): Promise<Sample[]> {
  await using folder = await makeTempDir();
  const { certificate, key } = await makeCertificate({ kind: 'ec' });
  const [certificateFile, keyFile] = ['cert.pem', 'key.pem'].map(name => join(folder.path, name));
  await writeFile(certificateFile!, certificate);
  await writeFile(keyFile!, key);
  const listen = { host: '127.0.0.1', port: 0, tls: { certificateFile, keyFile } };
  const server = await startReloadServer({ config: { listen, metrics: true } });
  try {
    return await eventually(async () => {
      const samples = parseSamples(await scrapeTls(server.url));
      expect(sumOf(samples, TLS_EXPIRY)).toBe(new X509Certificate(certificate).validToDate.getTime() / 1000);
      return samples;
    });
  } finally {
    await server.stop();
  }
}

describe('the dashboard and the alerts', () => {
  let server: TestServer;
  let samples: Sample[];
  beforeAll(async () => {
    server = await busyServer();
    samples = parseSamples(await scrape(server.url));
    expect(sumOf(samples, TLS_EXPIRY)).toBeUndefined();
    samples.push(...(await tlsSamples()));
  });
  afterAll(() => server.stop());

  const labelsOf = (name: string): readonly string[] | undefined => {
    const found = samples.filter(sample => sample.name === name);
    return found.length === 0 ? RARE[name] : found.flatMap(({ labels }) => Object.keys(labels));
  };

  it('name only metrics and labels that a server has', async () => {
    const all = await expressions();
    expect(all.length).toBeGreaterThan(50);
    const wrong = all.flatMap(({ where, expression }) => {
      const { uses, grouping } = readExpression(expression);
      const known = new Set([...OF_PROMETHEUS, ...uses.flatMap(({ name }) => labelsOf(name) ?? [])]);
      return [
        ...(uses.length === 0 ? [`${where}: nothing is read`] : []),
        ...uses.filter(({ name }) => labelsOf(name) === undefined).map(({ name }) => `${where}: no ${name}`),
        ...uses.flatMap(({ name, labels }) =>
          labels
            .filter(label => ![...OF_PROMETHEUS, ...(labelsOf(name) ?? [])].includes(label))
            .map(label => `${where}: ${name} has no ${label}`),
        ),
        ...grouping.filter(label => !known.has(label)).map(label => `${where}: there is no label ${label}`),
      ];
    });
    expect(wrong).toEqual([]);
  });

  it('are checked by a reader that finds mistakes', () => {
    expect(readExpression('sum by (a, b) (rate(x_total{c="1", d=~"$e"}[5m])) / ignoring (f) y > 0')).toEqual({
      uses: [
        { name: 'x_total', labels: ['c', 'd'] },
        { name: 'y', labels: [] },
      ],
      grouping: ['a', 'b', 'f'],
    });
  });

  it('have an entry in docs/monitoring.md for each alert', async () => {
    const docs = await readFile(new URL('../../docs/monitoring.md', import.meta.url), 'utf8');
    const alerts = [...(await readFile(`${FOLDER}alerts.yml`, 'utf8')).matchAll(/- alert: (\w+)/g)].map(
      each => each[1]!,
    );
    expect(alerts.filter(alert => !docs.includes(`\`${alert}\``))).toEqual([]);
  });
});

describeWith('promtool', 'Prometheus itself', () => {
  it('accepts the rules, their tests and the scrape configuration', async () => {
    await mustRun('promtool', ['check', 'rules', 'alerts.yml'], { cwd: FOLDER });
    await mustRun('promtool', ['check', 'config', 'prometheus.yml'], { cwd: FOLDER });
    const tests = await mustRun('promtool', ['test', 'rules', 'alerts.test.yml'], { cwd: FOLDER });
    expect(tests.stdout).toContain('SUCCESS');
  });

  it('accepts what a server says, and finds nothing to complain about', async () => {
    const server = await busyServer();
    try {
      const { stdout, stderr } = await mustRun('promtool', ['check', 'metrics'], { input: await scrape(server.url) });
      expect(stdout + stderr).toBe('');
    } finally {
      await server.stop();
    }
  });
});
