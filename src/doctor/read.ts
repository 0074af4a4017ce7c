import { itemPath } from '../graph/urls.ts';
import type { Check } from './check.ts';
import type { DriveStepParts } from './quota.ts';

/** Enough to show that listing works. */
const PAGE_SIZE = 50;

/** Checks that a page of the mount's root can be listed. */
export function readCheck({ mount, needs, throttling }: DriveStepParts): Check {
  const { tenant, config } = mount;
  return {
    name: 'read',
    mount: config.name,
    needs,
    throttling,
    run: async signal => {
      const folder = itemPath({ driveId: mount.driveId!, names: config.root }, 'children');
      const path = `${folder}?$top=${PAGE_SIZE}&$select=id`;
      const { json } = await tenant.graph.call({ method: 'GET', path, signal });
      const { value, '@odata.nextLink': more } = json as { value?: unknown[]; '@odata.nextLink'?: string };
      if (!Array.isArray(value)) {
        return [{ level: 'failure', saw: 'Graph answers a listing without its value', cure: 'run doctor again later' }];
      }
      const count = `${more === undefined ? '' : 'more than '}${value.length}`;
      return [{ level: 'ok', saw: `the root can be listed: ${count} ${value.length === 1 ? 'entry' : 'entries'}` }];
    },
  };
}
