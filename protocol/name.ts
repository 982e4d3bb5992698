import * as v from 'valibot'
import { isBlank, withoutCommands } from './text'

export const MUST_SHOW = 'must have text that can be seen'

/**
 * What people and programs call something, on one line: it stands in tables, logs and sentences of others, and must not be
 * able to forge a line there, command a terminal, or turn what stands around it. It is empty, or has something to see: a row of a
 * table that shows nothing cannot be told from others.
 */
export const nameOf = (maxLength: number) =>
  v.pipe(
    v.string(),
    v.maxLength(maxLength),
    v.check((text) => withoutCommands(text, () => '') === text, 'must hold no control characters'),
    v.check((text) => text === '' || !isBlank(text), MUST_SHOW),
  )
