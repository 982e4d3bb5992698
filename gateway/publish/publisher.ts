import {
  feedKind,
  feedLabel,
  HeraldError,
  patternCovers,
  type Content,
  type PublishBody,
  type Published,
  type Scopes,
} from '@herald/protocol'
import { createHash } from 'node:crypto'
import type { Directory } from '../contracts/directory'
import type { FeedLog } from '../contracts/feed-log'
import type { Subscriptions } from '../contracts/subscriptions'

/** What publishing stands on. */
export interface PublisherPorts {
  readonly log: Pick<FeedLog, 'append'>
  readonly directory: Pick<Directory, 'getUser'>
  readonly subscriptions: Pick<Subscriptions, 'followers'>
  readonly metrics: { readonly published: (repeated: boolean) => void }
  readonly clock: { readonly now: () => number }
}

/** Who publishes: the token of a request, or of whatever else brings messages. */
export interface Sender {
  readonly id: string
  readonly scopes: Pick<Scopes, 'publish'>
}

/** Throws `publish_forbidden` unless a token may publish to a feed. */
export function requirePublish({ scopes }: Pick<Sender, 'scopes'>, feed: string): void {
  if (!scopes.publish.some((pattern) => patternCovers(pattern, feed)))
    throw new HeraldError('publish_forbidden')
}

/** One path for every message that comes in, by whichever door: right, user, log, metrics. */
export class Publisher {
  readonly #ports: PublisherPorts

  constructor(ports: PublisherPorts) {
    this.#ports = ports
  }

  /**
   * Resolves when the message is on stable storage. `repeated`: the key was known, so this is the first answer again, and
   * no second message. Keys of different senders never meet.
   * Throws `publish_forbidden`, `user_not_found`, `idempotency_conflict`, `storage_unavailable`.
   */
  async publish(
    sender: Sender,
    feed: string,
    body: PublishBody,
    key?: string,
  ): Promise<{ readonly published: Published; readonly repeated: boolean }> {
    const { log, directory, subscriptions, metrics, clock } = this.#ports
    requirePublish(sender, feed)
    // A misspelt topic cannot be told from a new one, but a message to nobody can: it would be lost in silence.
    if (feedKind(feed) === 'user') await directory.getUser(feedLabel(feed))
    // The answer is often all that a sender sees: a topic that nobody follows is heard by nobody. Counted first, since
    // nothing may fail once the message is kept.
    const followers = await subscriptions.followers(feed)
    const once =
      key === undefined ? undefined : { scope: sender.id, key, fingerprint: fingerprint(feed, body) }
    const { repeated, ...appended } = await log.append(feed, toContent(body, clock.now()), once)
    metrics.published(repeated)
    return { published: { ...appended, followers }, repeated }
  }
}

/** What the log keeps: a life in seconds becomes the moment of its end. */
function toContent({ ttl, ...content }: PublishBody, now: number): Content {
  return ttl === undefined ? content : { ...content, expires: now + ttl * 1000 }
}

/**
 * What makes two publishes the same: feed and content, however the JSON was written. It is taken from the body as
 * it came and not from the message, whose expiry moves with the time of the request.
 */
export function fingerprint(feed: string, body: PublishBody): string {
  return createHash('sha256')
    .update(canonicalJson([feed, body]))
    .digest('base64url')
}

/** JSON with the names of each object in order: an object and a list of pairs must not become the same. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonicalJson(inner)}`).join(',')}}`
}
