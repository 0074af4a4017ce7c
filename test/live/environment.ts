const NAMES = ['GRAPH_TENANT_ID', 'GRAPH_CLIENT_ID', 'GRAPH_CLIENT_SECRET', 'GRAPH_MAILBOX'];

/** Ends the run before its first test, with status 1, when it is not told which tenant to try. */
export function setup(): void {
  const missing = NAMES.filter(name => !process.env[name]);
  if (missing.length > 0) {
    console.error(
      `The live contract tests need a real tenant: set ${missing.join(', ')}` +
        ' (an application with Files.ReadWrite.All and User.Read.All, and the UPN of a user with a OneDrive).',
    );
    process.exit(1);
  }
}
