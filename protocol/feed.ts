import * as v from 'valibot'
import { FEED_KEY, FEED_NAME } from './feed-names'

export const FeedNameSchema = v.pipe(
  v.string(),
  v.regex(FEED_NAME, 'must be all, user:<id> or topic:<name>, with 1-64 of A-Z a-z 0-9 . _ -'),
)
export const UserIdSchema = v.pipe(v.string(), v.regex(FEED_KEY, 'must be 1-64 of A-Z a-z 0-9 . _ -'))

/** What a token may publish to: a feed's name, or a name that ends in `*`, or `*` alone. */
export const FeedPatternSchema = v.pipe(
  v.string(),
  v.check(
    (pattern) => FEED_NAME.test(pattern) || /^(?:\*|(?:user|topic):[A-Za-z0-9._-]{0,64}\*)$/.test(pattern),
    'must be a feed name, a name that ends in *, or *',
  ),
)
