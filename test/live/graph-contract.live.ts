import { describeGraph } from '../contracts/graph/describe-graph.ts';

/** What the run needs to know; test/live/environment.ts has made sure that it is there. */
function setting(name: string): string {
  return process.env[name]!;
}

/** 30 looks, two seconds apart: listings, delta and thumbnails lag by seconds, search by minutes now and then. */
const PATIENCE = { tries: 30, pauseMs: 2000 };

describeGraph('Microsoft Graph', async () => ({
  baseUrl: 'https://graph.microsoft.com/v1.0',
  fetch,
  tokenUrl: `https://login.microsoftonline.com/${setting('GRAPH_TENANT_ID')}/oauth2/v2.0/token`,
  tenantId: setting('GRAPH_TENANT_ID'),
  clientId: setting('GRAPH_CLIENT_ID'),
  clientSecret: setting('GRAPH_CLIENT_SECRET'),
  mailbox: setting('GRAPH_MAILBOX'),
  folder: `graph contract ${crypto.randomUUID()}`,
  disposable: false,
  patience: PATIENCE,
}));
