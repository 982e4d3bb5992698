/** 1: the gateway refused, or what was checked does not work. 2: the command was wrong, or no gateway could be reached. */
export type ExitCode = 1 | 2

/** A failure that ends the program, in words for the person who typed the command. */
export class CliError extends Error {
  readonly exitCode: ExitCode
  /** The error code of the gateway's catalogue, when it was the gateway that refused. */
  readonly code: string | undefined

  constructor(message: string, exitCode: ExitCode, code?: string) {
    super(message)
    this.name = 'CliError'
    this.exitCode = exitCode
    this.code = code
  }
}
