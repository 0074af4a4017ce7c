import type { MailboxRule } from '../discovery/mount-config.ts';
import type { RuleMatches } from '../discovery/rule-matches.ts';
import { GraphError } from '../graph/errors.ts';
import { findDrive } from '../graph/find-drive.ts';
import { NO_DRIVE_REASONS, whyNotOpened } from '../graph/missing-drive.ts';
import { FILE_ACCESS, judgeRoles } from '../graph/roles.ts';
import type { DirectoryUser } from '../graph/users.ts';
import { type Check, type Finding, SkippedBecause, type ThrottlingCheck } from './check.ts';
import { explainError, isThrottling } from './explain-error.ts';
import { describeRule } from './mailbox-rule.ts';
import type { MountUnderTest } from './mount.ts';
import { findRootProblem } from './root-folder.ts';
import type { TenantUnderTest } from './tenant.ts';
import { tryToWrite } from './write.ts';

export interface WriteByRuleParts {
  readonly rule: MailboxRule;
  readonly tenant: TenantUnderTest;
  readonly needs: readonly Check[];
  readonly throttling: ThrottlingCheck;
  /** Reports a missing role; then a refusal needs no finding of its own. */
  readonly permissions: Check;
  readonly matches: (signal: AbortSignal) => Promise<RuleMatches>;
  /** Whether each mailbox is written to, or a few of them. */
  readonly all: boolean;
}

/** Mailboxes of a sample. What fails in one usually fails in all; the rest differs by mailbox, and needs `all`. */
const SAMPLE = 3;
/** To find those, no more are looked at: requests for many missing drives get an IP throttled (SharePoint docs). */
const MAX_LOOKS = 10;
const SHOWN_NAMES = 5;

/** Checks writing in mailboxes that a rule finds, in the order of their addresses; names those that were tested. */
export function writeByRuleCheck(parts: WriteByRuleParts): Check {
  const { rule, tenant, needs, throttling, permissions, matches } = parts;
  return {
    name: 'write-by-rule',
    tenant: tenant.label,
    needs,
    throttling,
    run: async signal => {
      const what = describeRule(rule);
      if (rule.readOnly) {
        return [{ level: 'skipped', saw: `${what}: the mounts are read-only` }];
      }
      const { files } = judgeRoles(await tenant.roles(signal));
      if (!FILE_ACCESS[files].writes) {
        throw new SkippedBecause(permissions);
      }
      const users = [...((await matches(signal)).usersOf.get(rule) ?? [])].sort(byAddress);
      const tested = await testInTurn(users, parts, signal);
      return [describe(tested, { what, users, all: parts.all }), ...tested.problems];
    },
  };
}

interface Tested {
  /** The addresses of mailboxes in which all went well. */
  readonly well: string[];
  readonly problems: Finding[];
  /** All mailboxes that were written to, or should have been. */
  count: number;
  isThrottled: boolean;
}

async function testInTurn(
  users: readonly DirectoryUser[],
  { rule, tenant, all }: WriteByRuleParts,
  signal: AbortSignal,
): Promise<Tested> {
  const tested: Tested = { well: [], problems: [], count: 0, isThrottled: false };
  for (const user of all ? users : users.slice(0, MAX_LOOKS)) {
    if (!all && tested.count === SAMPLE) {
      break;
    }
    try {
      await test(user, { rule, tenant }, { tested, signal });
    } catch (error) {
      signal.throwIfAborted();
      if (isThrottling(error)) {
        tested.isThrottled = true;
        break;
      }
      const problem = explainError(error);
      tested.count += 1;
      tested.problems.push({ ...problem, saw: `${user.userPrincipalName}: ${problem.saw}` });
    }
  }
  return tested;
}

async function test(
  { id, userPrincipalName: address }: DirectoryUser,
  { rule, tenant }: Pick<WriteByRuleParts, 'rule' | 'tenant'>,
  { tested, signal }: { readonly tested: Tested; readonly signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  const source = { kind: 'mailbox', mailbox: id, address } as const;
  const found = await findDrive(tenant.graph.call, source, signal).catch((error: unknown) => whyMissing(error, source));
  if (typeof found === 'string') {
    tested.problems.push({ level: 'warning', saw: `${address}: not tested, since ${found}` });
    return;
  }
  const config = { ...rule, name: address, source };
  const mount: MountUnderTest = { config, tenant, pinned: undefined, driveId: found.id, contentHost: undefined };
  const root = rule.root.length === 0 ? undefined : await findRootProblem(mount, signal);
  const findings = root === undefined ? await tryToWrite(mount, signal) : [root];
  tested.count += 1;
  const problems = findings.filter(({ level }) => level !== 'ok');
  tested.problems.push(...problems.map(problem => ({ ...problem, saw: `${address}: ${problem.saw}` })));
  if (problems.length === 0) {
    tested.well.push(address);
  }
}

/** Returns why a user has no drive. Throws every other error. */
function whyMissing(error: unknown, source: Parameters<typeof whyNotOpened>[1]): string {
  const why = error instanceof GraphError ? whyNotOpened(error, source) : undefined;
  if (why === undefined) {
    throw error;
  }
  return NO_DRIVE_REASONS[why].means;
}

function describe(
  { well, count, isThrottled }: Tested,
  { what, users, all }: { readonly what: string; readonly users: readonly DirectoryUser[]; readonly all: boolean },
): Finding {
  const of = `${count} of ${users.length} mailboxes`;
  const more = all || count === users.length ? '' : '; --write-all tests every one';
  const names = well.slice(0, SHOWN_NAMES).join(', ');
  const rest = well.length > SHOWN_NAMES ? ` and ${well.length - SHOWN_NAMES} more` : '';
  const saw =
    well.length === 0
      ? `${what}: nothing was written, read and deleted with success; tested: ${of}${more}`
      : `${what}: a file was written, read back and deleted in ${names}${rest}; tested: ${of}${more}`;
  return isThrottled
    ? { level: 'warning', saw, means: 'Microsoft throttles, so the others were not tested', cure: 'run it again later' }
    : { level: well.length === 0 ? 'skipped' : 'ok', saw };
}

function byAddress({ userPrincipalName: left }: DirectoryUser, { userPrincipalName: right }: DirectoryUser): number {
  return left.toLowerCase() < right.toLowerCase() ? -1 : 1;
}
