import { isGraphError } from '../graph/errors.ts';
import { itemPath } from '../graph/urls.ts';
import type { Check } from './check.ts';
import type { DriveStepParts } from './quota.ts';

/** Where there is no delta: some national clouds are reported to lack it (rclone#6444, abraunegg). */
const NOT_THERE = [400, 404, 501];

/** Whether Graph tells about changes; without it the server asks more often. */
export function deltaCheck({ mount, needs, throttling }: DriveStepParts): Check {
  const { graph, cloud } = mount.tenant;
  return {
    name: 'delta',
    mount: mount.config.name,
    needs,
    throttling,
    run: async signal => {
      const path = `${itemPath({ driveId: mount.driveId! }, 'delta')}?token=latest`;
      try {
        await graph.call({ method: 'GET', path, signal });
        return [{ level: 'ok', saw: 'changes of the drive can be asked for (delta)' }];
      } catch (error) {
        if (isGraphError(error, 'answer') && NOT_THERE.includes(error.status)) {
          const saw = `changes of the drive cannot be asked for (delta answers ${error.status}; cloud ${cloud.name})`;
          return [{ level: 'ok', saw, means: 'nothing is missing: the server lists folders anew instead' }];
        }
        throw error;
      }
    },
  };
}
