import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { hashPassword } from '../../src/auth/passwords.ts';
import { loadConfig } from '../../src/config/load.ts';
import { describeWithOptional, mustRun, run } from '../support/foreign-client.ts';
import { HELM, KUBERNETES_VALIDATE } from '../support/kubernetes-tools.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const CHART = fileURLToPath(new URL('../../examples/helm/onedrive-webdav/', import.meta.url));

/** Of any shape; a test looks into it as into a document. */
type Document = ReturnType<typeof JSON.parse>;

const CONFIG = {
  metrics: true,
  tenant: {
    tenantId: 'contoso.com',
    clientId: '00000000-0000-0000-0000-000000000001',
    clientSecretFile: '/secrets/client-secret.txt',
  },
  mounts: [{ mailbox: 'ada@contoso.com' }],
  users: [{ name: 'ada', passwordHash: await hashPassword('correct horse'), mounts: '*' }],
  listen: { trustedProxies: ['10.0.0.0/8'] },
};
const EVERYTHING = {
  config: CONFIG,
  secret: { files: { 'client-secret.txt': 'not a secret' } },
  ingress: { enabled: true, className: 'nginx', annotations: { a: 'b' }, tlsSecret: 'files-tls' },
  serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
  service: { annotations: { a: 'b' } },
  serviceAccount: { annotations: { 'azure.workload.identity/client-id': 'x' } },
  podLabels: { 'azure.workload.identity/use': 'true' },
  imagePullSecrets: [{ name: 'pull' }],
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ operator: 'Exists' }],
  affinity: { nodeAffinity: {} },
  persistence: { storageClass: 'fast', size: '5Gi' },
};
/** Several servers over one database. */
const SEVERAL = {
  replicas: 3,
  config: {
    ...CONFIG,
    state: { urlFile: '/secrets/state-url.txt', keyFile: '/secrets/state-key.txt' },
    limits: { drainSeconds: 6 },
  },
  secret: { existing: 'onedrive-webdav-secrets' },
};
const VARIANTS: [string, object][] = [
  ['by default', {}],
  ['with everything', EVERYTHING],
  ['with a secret and a volume of one’s own', { secret: { existing: 's' }, persistence: { existingClaim: 'c' } }],
  ['with several servers', SEVERAL],
];

describeWithOptional([HELM], 'the Helm chart', () => {
  /** Runs helm on values; `path` is their file. */
  async function withValues<T>(values: object, use: (path: string) => Promise<T>): Promise<T> {
    await using folder = await makeTempDir();
    const path = join(folder.path, 'values.json');
    await writeFile(path, JSON.stringify(values));
    return await use(path);
  }

  async function render(values: object): Promise<Document[]> {
    const { stdout } = await withValues(values, path => mustRun(HELM, ['template', 'files', CHART, '--values', path]));
    return parseAllDocuments(stdout).flatMap(document => document.toJS() ?? []);
  }

  const find = (documents: readonly Document[], kind: string, name = '') =>
    documents.find(document => document.kind === kind && document.metadata.name.endsWith(name));

  it.each(VARIANTS)('passes helm lint %s', async (_, values) => {
    await withValues(values, path => mustRun(HELM, ['lint', '--strict', CHART, '--values', path]));
  });

  it('runs one process for a data folder, without rights and on a read-only root', async () => {
    const { spec } = find(await render(EVERYTHING), 'StatefulSet');
    expect(spec.replicas).toBe(1);
    const [container] = spec.template.spec.containers;
    // Pod Security Standards, "restricted".
    expect(spec.template.spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.livenessProbe.httpGet.path).toBe('/-/healthz');
    expect(container.readinessProbe.httpGet.path).toBe('/-/readyz');
  });

  it('writes a configuration that the server loads, with the listener and the folder that the pod has', async () => {
    const documents = await render(EVERYTHING);
    const text: string = find(documents, 'Secret', '-config').stringData['config.yaml'];
    await using folder = await makeTempDir();
    await writeFile(join(folder.path, 'client-secret.txt'), 'not a secret');
    const file = join(folder.path, 'config.yaml');
    await writeFile(file, text.replace('/secrets/', './'));
    const config = await loadConfig(file, {});
    expect(config.listen).toMatchObject({ host: '0.0.0.0', port: 8080 });
    expect(config.dataDir).toBe('/data');
    const { volumeMounts, ports } = find(documents, 'StatefulSet').spec.template.spec.containers[0];
    expect(volumeMounts.map(({ mountPath }: Document) => mountPath)).toEqual(['/config', '/secrets', '/data']);
    expect(ports[0].containerPort).toBe(config.listen.port);
  });

  it('runs several servers over one database, which leave and come one at a time', async () => {
    const documents = await render(SEVERAL);
    const { spec } = find(documents, 'StatefulSet');
    const selector = { matchLabels: spec.selector.matchLabels };
    expect(spec.replicas).toBe(3);
    expect(spec.template.spec.topologySpreadConstraints).toMatchObject([{ labelSelector: selector }]);
    expect(find(documents, 'PodDisruptionBudget').spec).toEqual({ maxUnavailable: 1, selector });
    // Each has a data folder of its own.
    expect(spec.volumeClaimTemplates).toHaveLength(1);
    await using folder = await makeTempDir();
    const write = (name: string, text: string) => writeFile(join(folder.path, name), text);
    await write('client-secret.txt', 'not a secret');
    await write('state-url.txt', 'postgres://files:password@database/files');
    await write('state-key.txt', Buffer.alloc(32, 'k').toString('base64'));
    const text: string = find(documents, 'Secret', '-config').stringData['config.yaml'];
    await write('config.yaml', text.replaceAll('/secrets/', './'));
    const { state, limits } = await loadConfig(join(folder.path, 'config.yaml'), {});
    expect(state?.url.reveal()).toBe('postgres://files:password@database/files');
    const { shutdownDelaySeconds, drainSeconds } = limits;
    expect([shutdownDelaySeconds, drainSeconds]).toEqual([10, 6]);
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(shutdownDelaySeconds + drainSeconds + 6);
  });

  it('has neither a budget nor a delay for one server', async () => {
    const documents = await render(EVERYTHING);
    expect(find(documents, 'PodDisruptionBudget')).toBeUndefined();
    expect(find(documents, 'Secret', '-config').stringData['config.yaml']).not.toContain('shutdownDelaySeconds');
  });

  it('starts a new pod for a new configuration', async () => {
    const annotationsOf = async (values: object) =>
      find(await render(values), 'StatefulSet').spec.template.metadata.annotations['checksum/config'];
    const before = await annotationsOf({ config: CONFIG });
    expect(await annotationsOf({ config: CONFIG })).toBe(before);
    expect(await annotationsOf({ config: { ...CONFIG, metrics: false } })).not.toBe(before);
  });

  it.each<[string, object, RegExp]>([
    ['a secret in the configuration', { config: { tenant: { clientSecret: 'x' } } }, /config.*tenant/],
    ['a data folder that is not the volume', { config: { tenant: {}, dataDir: '/tmp' } }, /config/],
    ['an unknown value', { servce: {} }, /servce/],
    ['several servers without a database', { replicas: 2 }, /need config\.state\.urlFile and config\.state\.keyFile/],
    [
      'several servers without a key for it',
      { ...SEVERAL, config: { ...CONFIG, state: { urlFile: '/secrets/state-url.txt' } } },
      /need config\.state\.urlFile and config\.state\.keyFile/,
    ],
    [
      'one volume for several servers',
      { ...SEVERAL, persistence: { existingClaim: 'c' } },
      /each server has a data folder of its own/,
    ],
    [
      'the database’s password in the configuration',
      { config: { state: { url: 'postgres://a:b@c/d' } } },
      /config.*state/,
    ],
    ['the state’s key in the configuration', { config: { state: { key: 'x' } } }, /config.*state/],
    ['metrics that nobody serves', { serviceMonitor: { enabled: true } }, /needs config\.metrics: true/],
  ])('refuses %s', async (_, values, message) => {
    const result = await withValues(values, path => run(HELM, ['template', 'files', CHART, '--values', path]));
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(message);
  });

  it('has the version of the server', async () => {
    const { version } = JSON.parse(await readFile(join(CHART, '../../../package.json'), 'utf8'));
    const [chart] = parseAllDocuments(await readFile(join(CHART, 'Chart.yaml'), 'utf8')).map(each => each.toJS());
    expect(chart).toMatchObject({ version, appVersion: version });
  });
});

describeWithOptional([HELM, KUBERNETES_VALIDATE], 'what the Helm chart renders', () => {
  it.each(VARIANTS)('is what Kubernetes 1.37 and 1.30 take, %s', async (_, values) => {
    await using folder = await makeTempDir();
    const [path, out] = ['values.json', 'rendered.yaml'].map(name => join(folder.path, name)) as [string, string];
    await writeFile(path, JSON.stringify({ ...values, serviceMonitor: { enabled: false } }));
    await writeFile(out, (await mustRun(HELM, ['template', 'files', CHART, '--values', path])).stdout);
    for (const version of ['1.37', '1.30']) {
      const { stdout, stderr } = await mustRun(KUBERNETES_VALIDATE, ['--strict', '-k', version, out]);
      expect(`${stdout}${stderr}`).toMatch(/passed for resource statefulset/);
    }
  });
});
