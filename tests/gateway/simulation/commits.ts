import type { Call, CommandArgs, CommandResult } from '../../../gateway/stores/sqlite/commands'
import type { MarkReadResult } from '../../../gateway/stores/rows'
import type { Journal } from './journal'

/** Notes what a user has read, muted, followed and left, when that is on the disk. */
export function noteCommit(journal: Journal, { name, args }: Call, result: unknown): void {
  if (name === 'markRead' && result) {
    const { user, feed } = args as CommandArgs<'markRead'>
    journal.noteRead(user, feed, (result as MarkReadResult).added)
  }
  if (name === 'unfollow' && (result as CommandResult<'unfollow'>).left) {
    const { user, feed } = args as CommandArgs<'unfollow'>
    journal.noteLeft(user, feed, true)
    journal.noteMute(user, feed, false)
  }
  if (name !== 'follow') return
  const { user, feed, muted } = args as CommandArgs<'follow'>
  journal.noteLeft(user, feed, false)
  if (muted !== undefined) journal.noteMute(user, feed, muted)
}
