import type { Config } from '../config/load.ts';
import { type ExplainedClient, explainPolicy } from '../downloads/settings.ts';

/** Returns the way for each known client's downloads, by mount, for `check-config`. */
export function explainDownloads(config: Config): { mount: string; clients: ExplainedClient[] }[] {
  const found = config.mailboxRules.map(({ match, download }) => ({ name: match.join(', /'), download }));
  return [...config.mounts, ...found].map(({ name, download }) => ({
    mount: name,
    clients: explainPolicy(download, config.downloads),
  }));
}
