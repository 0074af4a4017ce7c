/** The mailboxes that one of the operator's rules finds. */
export interface MailboxPattern {
  /** Globs on the user principal name; one must match. */
  readonly match: readonly string[];
  /** Globs; none may match. */
  readonly exclude: readonly string[];
  /** Object id of a group that must contain the user; undefined: anybody. */
  readonly group: string | undefined;
}
