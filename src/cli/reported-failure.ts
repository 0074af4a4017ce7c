/** The command has failed and has said so itself: there is nothing to add. */
export class ReportedFailure extends Error {
  override readonly name = 'ReportedFailure';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('the command has failed, as it has said');
    this.exitCode = exitCode;
  }
}
