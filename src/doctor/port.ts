import type { Config } from '../config/load.ts';
import { MIGRATE_REQUESTS_CURE, migratesRequests } from '../lib/migrates-requests.ts';
import type { Check, Finding } from './check.ts';
import type { OwnServer } from './own-server.ts';

export interface PortParts {
  readonly listen: Config['listen'];
  readonly ownServer: (signal: AbortSignal) => Promise<OwnServer>;
  /** Where the kernel's setting for shared ports is read, in tests. */
  readonly migrateSetting?: string;
}

/** Checks that the address of `listen` is free, or already ours, and that a shared port loses no connection. */
export function portCheck({ listen, ownServer, migrateSetting }: PortParts): Check {
  return {
    name: 'port',
    run: async signal => {
      const place = `${listen.host}:${listen.port}`;
      const own: Finding =
        listen.port === 0
          ? { level: 'ok', saw: `listen.port is 0: any free port of ${listen.host} will do` }
          : describe(await ownServer(signal), place);
      const losesSome = listen.reusePort && (await migratesRequests(migrateSetting)) === false;
      return losesSome ? [own, RESETS] : [own];
    },
  };
}

const RESETS: Finding = {
  level: 'warning',
  saw: 'listen.reusePort is true, and the kernel setting net.ipv4.tcp_migrate_req is 0',
  means: 'a takeover may reset connections that arrive in the moment in which the old server closes its socket',
  cure: MIGRATE_REQUESTS_CURE,
};

function describe(found: OwnServer, place: string): Finding {
  switch (found.state) {
    case 'free':
      return { level: 'ok', saw: `${place} is free; the server is not running` };
    case 'running':
      return { level: 'ok', saw: `the server is running on ${place}${found.by === undefined ? '' : `, ${found.by}`}` };
    case 'taken':
      return {
        level: 'failure',
        saw: `${place} is in use by ${found.by ?? 'another program'}, which is not this server`,
        means: 'the server cannot listen there',
        cure: `end that program, or set listen.port to another port${found.by === undefined ? `; "ss -ltnp" or "netstat -ano" shows which one` : ''}`,
      };
    case 'refused':
      return explainRefusal(found.code, place);
  }
}

function explainRefusal(code: string, place: string): Finding {
  const finding = { level: 'failure', saw: `cannot listen on ${place}: ${code}` } as const;
  switch (code) {
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return {
        ...finding,
        means: 'listen.host is not an address of this machine',
        cure: 'set listen.host to 127.0.0.1, to an address of this machine, or to 0.0.0.0 or "::" for all of them',
      };
    case 'EACCES':
    case 'EPERM':
      return {
        ...finding,
        means: 'ports below 1024 are for privileged programs',
        cure: 'set listen.port to 1024 or more and let a proxy or the container take the lower port',
      };
    default:
      return { ...finding, cure: 'check listen.host and listen.port' };
  }
}
