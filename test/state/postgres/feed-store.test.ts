import type { PostgresPeers } from '../../../src/state/postgres/peers.ts';
import { describeFeedStore } from '../../contracts/feed-store.ts';
import { describeWith } from '../../support/foreign-client.ts';
import { POSTGRES } from '../../support/postgres.ts';
import { withServers } from '../../support/postgres-servers.ts';

describeWith(POSTGRES, 'the feeds of servers with one state in PostgreSQL', () => {
  describeFeedStore(use =>
    withServers(2, async ([one, other]) => use(one!.feeds!, other!.feeds!, () => (one!.peers as PostgresPeers).stop())),
  );
});
