import { Command } from 'commander';
import { type Config, loadConfig } from '../config/load.ts';
import { configJsonSchema } from '../config/schema.ts';

export function checkConfigCommand(): Command {
  return new Command('check-config')
    .description('check a configuration file and print what it would serve')
    .option('--config <file>', 'the configuration file', 'config.yaml')
    .option('--print-schema', "print the file's JSON Schema instead, for editors")
    .action(checkConfig);
}

async function checkConfig({ config: file, printSchema }: { config: string; printSchema?: boolean }): Promise<void> {
  if (printSchema) {
    console.log(JSON.stringify(configJsonSchema(), null, 2));
    return;
  }
  const config = await loadConfig(file, process.env);
  console.log(describeConfig(config).join('\n'));
}

function describeConfig({ listen, tenant, mounts, users }: Config): string[] {
  const scheme = listen.tls === undefined ? 'http' : 'https';
  const warnings =
    listen.tls === undefined && !isLoopback(listen.host)
      ? ['! plain http beyond this machine: passwords can be read on the way; set listen.tls or use a proxy with TLS']
      : [];
  return [
    `listens on ${scheme}://${listen.host}:${listen.port}/`,
    `tenant ${tenant.tenantId} (${tenant.cloud})`,
    ...mounts.map(
      ({ name, mailbox, root, readOnly, download }) =>
        `mount /${name}: ${mailbox}, folder /${root.join('/')}, ${readOnly ? 'read-only' : 'read and write'}, downloads by ${download}`,
    ),
    ...users.map(
      ({ name, mounts: allowed, access }) =>
        `user ${name}: ${access}, ${allowed === '*' ? 'all mounts' : allowed.join(', ')}`,
    ),
    ...warnings,
  ];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
