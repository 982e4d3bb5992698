import type { Command } from 'commander'
import type { Terminal } from '../process/qr-code'
import { ApiClient } from './api-client'
import { openOutput, type Output } from './output'
import { findTarget, type GlobalOptions } from './target'

/** What a command needs to do its work. */
export interface CommandContext {
  readonly api: ApiClient
  readonly output: Output
}

/** What the program stands on; tests give their own. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  readonly write: (text: string) => void
  /** What `write` writes to. */
  readonly terminal: Terminal
  /** Writes what went wrong. */
  readonly complain: (text: string) => void
  /** Standard input's text; undefined at a terminal, where nobody has piped anything. */
  readonly readInput: () => Promise<string | undefined>
  /** Runs a gateway in this process, with these settings over the environment's. */
  readonly serve: (settings: Readonly<Record<string, string>>) => Promise<void>
  /** The bundled writer.js of the store. */
  readonly writer: URL
  /** Resolves when the person wants a program to end that runs until then. */
  readonly stopped: () => Promise<void>
}

/** Opens the gateway that the options name. */
export function openContext(command: Command, { env, write }: Surroundings): CommandContext {
  const options = command.optsWithGlobals<GlobalOptions>()
  return { api: new ApiClient(findTarget(options, env)), output: openOutput(options.json === true, write) }
}
