import * as v from 'valibot'
import { withoutCommands } from './text'

/**
 * What people and programs call something, on one line: it stands in tables, logs and sentences of others, and must not be
 * able to forge a line there, command a terminal, or turn what stands around it.
 */
export const nameOf = (maxLength: number) =>
  v.pipe(
    v.string(),
    v.maxLength(maxLength),
    v.check((text) => withoutCommands(text, () => '') === text, 'must hold no control characters'),
  )
