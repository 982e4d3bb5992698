import * as v from 'valibot'
import { FeedNameSchema } from './feed'
import { MAX_ACTIONS, MAX_DATA_LENGTH, MAX_TAGS, MAX_TEXT_LENGTH, MAX_TITLE_LENGTH } from './limits'
import { SeqSchema } from './range-schemas'
import { MUST_SHOW, nameOf } from './name'
import { isBlank, withoutCommands } from './text'

/** Schemes that a link, an action or an image may have; anything else could run script or read files. */
const SAFE_LINK = /^(?:https?:\/\/|mailto:|tel:)[^\s<>"]+$/i
const SAFE_IMAGE = /^https?:\/\/[^\s<>"]+$/i

/** Milliseconds since 1970-01-01T00:00:00Z. */
export const TimeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

export const LinkSchema = v.pipe(
  v.string(),
  v.maxLength(2048),
  v.regex(SAFE_LINK, 'must be an http, https, mailto or tel link'),
)
const ImageSchema = v.pipe(
  v.string(),
  v.maxLength(2048),
  v.regex(SAFE_IMAGE, 'must be an http or https address'),
)

export const PrioritySchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(5))

const isVisible = (text: string): boolean => !isBlank(text)

/** A button under the message: opens its link. */
export const ActionSchema = v.object({
  label: v.pipe(v.string(), v.minLength(1), v.maxLength(40), v.check(isVisible, MUST_SHOW)),
  link: LinkSchema,
})

/** Taken as it is and not built anew: valibot's record leaves out names such as `constructor` without a word. */
const DataSchema = v.pipe(
  v.custom<Record<string, unknown>>(
    (data) => typeof data === 'object' && data !== null && !Array.isArray(data),
    'must be an object',
  ),
  v.check(
    (data) => JSON.stringify(data).length <= MAX_DATA_LENGTH,
    `must be at most ${String(MAX_DATA_LENGTH)} characters of JSON`,
  ),
)

const TagSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(40), v.check(isVisible, MUST_SHOW))

/** What a sender writes. Shared by the publish body and the stored message. */
export const contentEntries = {
  title: v.optional(v.pipe(v.string(), v.maxLength(MAX_TITLE_LENGTH))),
  body: v.optional(v.pipe(v.string(), v.maxLength(MAX_TEXT_LENGTH)), ''),
  priority: v.optional(PrioritySchema, 3),
  link: v.optional(LinkSchema),
  image: v.optional(ImageSchema),
  actions: v.optional(v.pipe(v.array(ActionSchema), v.maxLength(MAX_ACTIONS))),
  tags: v.optional(v.pipe(v.array(TagSchema), v.maxLength(MAX_TAGS))),
  markdown: v.optional(v.boolean()),
  data: v.optional(DataSchema),
}

/**
 * Whether a browser makes an address of it: the regular expressions above know schemes and no hosts, and `https://%` opens
 * nowhere. The platform's own URL, which the engines of phones lack: only publishing asks. What turns the text around it would
 * show another address than the one that is opened.
 */
function opens(link: string): boolean {
  const { URL: Address } = globalThis as unknown as { URL: new (text: string) => unknown }
  try {
    new Address(link)
    return withoutCommands(link, () => '') === link
  } catch {
    return false
  }
}

const OPENS = v.check(opens, 'must be an address that a browser can open')

/** What stands on a button or a chip, among others of its kind. */
const WordSchema = v.pipe(nameOf(40), v.minLength(1, MUST_SHOW))

/** As a publish may have it: stricter than what is read, since a log keeps what was let in before. */
export const newContentEntries = {
  ...contentEntries,
  link: v.optional(v.pipe(LinkSchema, OPENS)),
  image: v.optional(v.pipe(ImageSchema, OPENS)),
  actions: v.optional(
    v.pipe(
      v.array(v.object({ label: WordSchema, link: v.pipe(LinkSchema, OPENS) })),
      v.maxLength(MAX_ACTIONS),
    ),
  ),
  tags: v.optional(v.pipe(v.array(WordSchema), v.maxLength(MAX_TAGS))),
}

/** A message as the log keeps it and every channel carries it. `id` is a lower-case UUID. */
export const MessageIdSchema = v.pipe(v.string(), v.uuid())

export const MessageSchema = v.object({
  id: MessageIdSchema,
  feed: FeedNameSchema,
  seq: SeqSchema,
  time: TimeSchema,
  expires: v.optional(TimeSchema),
  ...contentEntries,
})

export type Action = v.InferOutput<typeof ActionSchema>
export type Message = v.InferOutput<typeof MessageSchema>

/** The content a sender gives, before the log adds id, feed, seq and time. */
export type Content = Omit<Message, 'id' | 'feed' | 'seq' | 'time'>
