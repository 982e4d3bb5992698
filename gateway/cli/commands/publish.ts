import { PublishedSchema } from '@herald/protocol'
import type { Command } from 'commander'
import { randomUUID } from 'node:crypto'
import { CliError } from '../cli-error'
import { openContext, type Surroundings } from '../context'
import { collect, parsePriority, parseTtl } from '../parse'

interface PublishOptions {
  readonly title?: string
  readonly priority?: number
  readonly tag?: string[]
  readonly link?: string
  readonly image?: string
  readonly markdown?: boolean
  readonly ttl?: number
  readonly key?: string
}

/** `herald publish`. */
export function addPublishCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('publish <feed> [text]')
    .description('publish a message; without text, or with -, it is read from standard input')
    // A text may begin with a minus: "-5 °C".
    .allowUnknownOption()
    .option('--title <text>')
    .option('--priority <1-5>', 'or min, low, default, high, urgent', parsePriority)
    .option('--tag <tag>', 'repeat, or use commas', collect)
    .option('--link <url>', 'what the message opens')
    .option('--image <url>', 'a picture to show')
    .option('--markdown', 'the text is markdown')
    .option('--ttl <time>', 'when the message expires, such as 2h or 7d', parseTtl)
    .option('--key <key>', 'idempotency key: the same key and message are published once')
    .action(async (feed: string, text: string | undefined, options: PublishOptions, command: Command) => {
      if (text !== undefined && /^--?[a-z][\w-]*(?:=.*)?$/i.test(text))
        throw new CliError(`unknown option '${text}'; after -- it is a text`, 2)
      const { api, output } = openContext(command, surroundings)
      const { key = randomUUID(), tag, ...content } = options
      const body = {
        ...content,
        body: await readText(text, content.title, surroundings),
        ...(tag && { tags: tag }),
      }
      const path = `/v1/feeds/${encodeURIComponent(feed)}/messages`
      // With a key a repeat makes no second message, so a gateway that restarts right now is no failure.
      const headers = { 'idempotency-key': key }
      const published = await api.askPatiently({ method: 'POST', path, body, headers }, PublishedSchema)
      output.say(
        `published to ${published.feed} as number ${String(published.seq)} (${published.id}); ${heardBy(published.followers)}`,
        published,
      )
    })
}

function heardBy(followers: number): string {
  if (followers === 0) return 'nobody follows it yet'
  return followers === 1 ? 'one user follows it' : `${String(followers)} users follow it`
}

async function readText(
  text: string | undefined,
  title: string | undefined,
  { readInput }: Surroundings,
): Promise<string> {
  if (text !== undefined && text !== '-') return text
  const input = text === '-' || title === undefined ? await readInput() : undefined
  if (input === undefined && title === undefined)
    throw new CliError('give a text, --title, or something on standard input', 2)
  return (input ?? '').replace(/\r?\n$/, '')
}
