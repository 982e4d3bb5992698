import { NudgesSchema } from '@herald/protocol'
import type { Command } from 'commander'
import type { Language } from '../../../locale/words'
import { operatorLanguage } from '../../process/operator-language'
import { CliError } from '../cli-error'
import { openContext, type Surroundings } from '../context'
import { explain, explainNudges } from '../explanation'
import { parseCount } from '../parse'
import { languageOption } from '../push-words'
import { readDeliveries } from '../read-deliveries'

const DEFAULT_LIMIT = 1000

interface Options {
  readonly limit?: number
  readonly nudges?: string
  readonly lang?: Language
}

/** `herald explain`. */
export function addExplainCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('explain [message]')
    .description('show what happened to a message (by its id) on each device, and why')
    .option('--nudges <user>', 'what chat servers said of a user, and what came of it, instead of a message')
    .addOption(languageOption())
    .option('--limit <devices>', `how many devices at most (${String(DEFAULT_LIMIT)})`, parseCount)
    .action(
      async (id: string | undefined, { limit = DEFAULT_LIMIT, lang, nudges }: Options, command: Command) => {
        const { api, output } = openContext(command, surroundings)
        const language = lang ?? operatorLanguage(surroundings.env)
        if (nudges !== undefined) {
          const path = `/v1/users/${encodeURIComponent(nudges)}/nudges`
          const answer = await api.ask({ method: 'GET', path }, NudgesSchema)
          output.say(explainNudges(answer, language), answer)
          return
        }
        if (id === undefined) throw new CliError('name a message by its id, or a user with --nudges', 2)
        const deliveries = await readDeliveries(api, id, limit)
        output.say(explain(deliveries, language), deliveries)
      },
    )
}
