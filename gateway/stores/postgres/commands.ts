import type { Commands } from '../rows'
import { ackCommands } from './ack-commands'
import { clockCommands } from './clock-commands'
import { deviceCommands } from './device-commands'
import { directoryCommands } from './directory-commands'
import { nudgeCommands } from './nudge-commands'
import { pushCommands } from './push-commands'
import type { Sql } from './sql'
import { subscriptionCommands } from './subscription-commands'
import { sweepCommands } from './sweep-commands'
import { userCommands } from './user-commands'

type Later<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends (args: infer Args) => infer Result
    ? (sql: Sql, args: Args) => Promise<Result>
    : never
}

/**
 * Everything that changes the store but appends and what retention drops. Each runs in a transaction of its own, beside
 * others: whatever it reads and then relies on it has locked.
 */
export const commands: Later<Commands> = {
  ...userCommands,
  ...directoryCommands,
  ...subscriptionCommands,
  ...deviceCommands,
  ...ackCommands,
  ...sweepCommands,
  ...pushCommands,
  ...nudgeCommands,
  ...clockCommands,
}
