/** The command has failed and has already reported it: no further message is needed. */
export class ReportedFailure extends Error {
  override readonly name = 'ReportedFailure';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('the command has failed and has reported it');
    this.exitCode = exitCode;
  }
}
