import type Database from 'libsql'
import type { Commands } from '../rows'
import { clockCommands } from './clock-commands'
import { feedCommands } from './feed-commands'
import { directoryCommands } from './directory-commands'
import { subscriptionCommands } from './subscription-commands'
import { ackCommands } from './ack-commands'
import { deviceCommands } from './device-commands'
import { nudgeCommands } from './nudge-commands'
import { pushCommands } from './push-commands'
import { sweepCommands } from './sweep-commands'

/** What the rules ask for. */
type Asked = {
  readonly [Name in keyof Commands]: (
    db: Database.Database,
    args: Parameters<Commands[Name]>[0],
  ) => ReturnType<Commands[Name]>
}

/**
 * Everything that changes the store. A command runs inside the writer's transaction, in the order of arrival,
 * with no other writer beside it: what it reads is still true when it writes. An expected refusal is a result,
 * never an exception, because an exception undoes the whole batch.
 */
export const commands = {
  ...clockCommands,
  ...feedCommands,
  ...directoryCommands,
  ...subscriptionCommands,
  ...ackCommands,
  ...deviceCommands,
  ...sweepCommands,
  ...pushCommands,
  ...nudgeCommands,
} satisfies Asked

type OwnCommands = Omit<typeof commands, keyof Commands>

/** Every command, as its callers know it: those of the contracts' rules, and the log's own. */
type AllCommands = Commands & {
  [Name in keyof OwnCommands]: (args: Parameters<OwnCommands[Name]>[1]) => ReturnType<OwnCommands[Name]>
}
export type CommandName = keyof AllCommands
export type CommandArgs<Name extends CommandName> = Parameters<AllCommands[Name]>[0]
export type CommandResult<Name extends CommandName> = ReturnType<AllCommands[Name]>

/** A command on its way to the writer. */
export interface Call<Name extends CommandName = CommandName> {
  readonly name: Name
  readonly args: CommandArgs<Name>
}

type CommandTable = Readonly<Record<CommandName, (db: Database.Database, args: never) => unknown>>

/** Runs a call on the writer's connection. */
export function runCall(db: Database.Database, call: Call): unknown {
  return (commands as CommandTable)[call.name](db, call.args as never)
}
