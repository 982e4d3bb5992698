import { lookUp } from '@/locale'
import { feedName as nameOf } from '@/locale/alert-text'

/** A feed as the interface calls it, in the app's language: the same words as in alerts. */
export const feedName = (feed: string): string => nameOf(feed, lookUp)
