import { adviceOf, PublishedSchema, verdictOf, type Deliveries, type Verdict } from '@herald/protocol'
import type { Command } from 'commander'
import { setTimeout as wait } from 'node:timers/promises'
import type { Language } from '../../../locale/words'
import { operatorLanguage } from '../../process/operator-language'
import type { ApiClient } from '../api-client'
import { CliError } from '../cli-error'
import { openContext, type Surroundings } from '../context'
import { describeDevice } from '../explanation'
import { parseTtl } from '../parse'
import { languageOption, pushWord } from '../push-words'
import { readDeliveries } from '../read-deliveries'

/** Long enough for the ack's deadline, and for the push that comes then (s). */
const DEFAULT_WAIT_S = 15
const LOOK_MS = 300
const MAX_DEVICES = 1000

/** What became of it, and what that says of each device. */
interface Watched {
  readonly deliveries: Deliveries
  readonly verdicts: readonly Verdict[]
}

interface Options {
  readonly wait?: number
  readonly lang?: Language
}

/** `herald test`. */
export function addTestCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('test [user]')
    .description('send a test alert to a user, or to the token’s own, and show how it reached each device')
    .addOption(languageOption())
    .option('--wait <time>', `how long to look, such as 40s (${String(DEFAULT_WAIT_S)}s)`, parseTtl)
    .action(async (user: string | undefined, options: Options, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const language = options.lang ?? operatorLanguage(surroundings.env)
      const whose = user === undefined ? 'me' : `users/${encodeURIComponent(user)}`
      const request = { method: 'POST', path: `/v1/${whose}/test`, body: { language } } as const
      const { id } = await api.ask(request, PublishedSchema)
      const { deliveries, verdicts } = await watch(api, id, (options.wait ?? DEFAULT_WAIT_S) * 1000)
      output.say(tell(deliveries, verdicts, language), deliveries)
      const reached = verdicts.some(({ kind }) => kind === 'arrived' || kind === 'pushed')
      if (!reached) throw new CliError(`no device was reached; herald explain ${id} says more`, 1)
    })
}

/** Looks until nothing is to come any more, or the time is over. */
async function watch(api: ApiClient, id: string, forMs: number): Promise<Watched> {
  const begin = performance.now()
  for (;;) {
    const deliveries = await readDeliveries(api, id, MAX_DEVICES)
    const looked = performance.now() - begin
    const verdicts = deliveries.devices.map((device) => verdictOf(device, deliveries.message.time, looked))
    if (!verdicts.some(({ kind }) => kind === 'waiting') || looked >= forMs) return { deliveries, verdicts }
    await wait(LOOK_MS)
  }
}

function tell({ devices }: Deliveries, verdicts: readonly Verdict[], language: Language): string {
  if (devices.length === 0) return pushWord(language, 'delivery.none')
  const sentences = verdicts.map((verdict) => sentence(verdict, language))
  return devices.map((device, index) => describeDevice(device, sentences[index] ?? '', language)).join('\n')
}

function sentence(of: Verdict, language: Language): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(1)
  switch (of.kind) {
    case 'arrived':
      return of.ms === null
        ? pushWord(language, 'test.arrived')
        : pushWord(language, 'test.arrivedAfter', { seconds: seconds(of.ms) })
    case 'pushed':
      return pushWord(language, 'test.pushed', {
        service: pushWord(language, `provider.${of.provider}`),
        seconds: seconds(of.ms),
      })
    default: {
      const text = pushWord(language, `test.${of.kind}`, {
        reason: pushWord(language, `reason.${of.reason}`),
      })
      const advice = adviceOf(of.reason)
      if (advice === undefined) return text
      return pushWord(language, 'test.advised', { text, advice: pushWord(language, `advice.${advice}`) })
    }
  }
}
