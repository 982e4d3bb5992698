import { DeliveriesSchema, type Deliveries } from '@herald/protocol'
import { Option, type Command } from 'commander'
import type { Language } from '../../../locale/words'
import { operatorLanguage } from '../../process/operator-language'
import type { ApiClient } from '../api-client'
import { openContext, type Surroundings } from '../context'
import { explain } from '../explanation'
import { parseCount } from '../parse'

/** What the gateway gives at most in one answer. */
const PAGE = 200

const DEFAULT_LIMIT = 1000

const languages: readonly Language[] = ['en', 'zh-Hans']

interface Options {
  readonly limit?: number
  readonly lang?: Language
}

/** `herald explain`. */
export function addExplainCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('explain <message>')
    .description('show what happened to a message (by its id) on each device, and why')
    .addOption(new Option('--lang <language>', 'instead of the terminal’s (LC_ALL, LANG)').choices(languages))
    .option('--limit <devices>', `how many devices at most (${String(DEFAULT_LIMIT)})`, parseCount)
    .action(async (id: string, { limit = DEFAULT_LIMIT, lang }: Options, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const deliveries = await readDeliveries(api, id, limit)
      output.say(explain(deliveries, lang ?? operatorLanguage(surroundings.env)), deliveries)
    })
}

/** All pages as one, up to so many devices; `more` is what is left. */
async function readDeliveries(api: ApiClient, id: string, limit: number): Promise<Deliveries> {
  let devices: Deliveries['devices'] = []
  for (let after = ''; ;) {
    const query = new URLSearchParams({ after, limit: String(Math.min(PAGE, limit - devices.length)) })
    const path = `/v1/messages/${encodeURIComponent(id)}/deliveries?${query.toString()}`
    const page = await api.ask({ method: 'GET', path }, DeliveriesSchema)
    devices = [...devices, ...page.devices]
    if (page.more === null || devices.length >= limit) return { ...page, devices }
    after = page.more
  }
}
