import type { Command } from 'commander'
import type { Language } from '../../../locale/words'
import { operatorLanguage } from '../../process/operator-language'
import { openContext, type Surroundings } from '../context'
import { explain } from '../explanation'
import { parseCount } from '../parse'
import { languageOption } from '../push-words'
import { readDeliveries } from '../read-deliveries'

const DEFAULT_LIMIT = 1000

interface Options {
  readonly limit?: number
  readonly lang?: Language
}

/** `herald explain`. */
export function addExplainCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('explain <message>')
    .description('show what happened to a message (by its id) on each device, and why')
    .addOption(languageOption())
    .option('--limit <devices>', `how many devices at most (${String(DEFAULT_LIMIT)})`, parseCount)
    .action(async (id: string, { limit = DEFAULT_LIMIT, lang }: Options, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const deliveries = await readDeliveries(api, id, limit)
      output.say(explain(deliveries, lang ?? operatorLanguage(surroundings.env)), deliveries)
    })
}
