/** Which mailboxes a rule of the operator's finds. */
export interface MailboxPattern {
  /** Globs on the user principal name; one has to fit. */
  readonly match: readonly string[];
  /** Globs; none may fit. */
  readonly exclude: readonly string[];
  /** Object id of a group that the user has to be in; undefined: anybody. */
  readonly group: string | undefined;
}
