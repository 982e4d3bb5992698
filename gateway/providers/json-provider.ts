import type { ProviderName } from '@herald/protocol'
import { NoAccessToken } from './access-token'
import { UnfitPushError } from './fit-payload'
import { foreignTarget, notSent, outcomeOfError, refusedPush, withoutToken } from './outcomes'
import type { Alert, CheckResult, Outcome, Provider, PushTarget } from './provider'

/** What an error that was thrown on the way says about a push. */
function outcomeOfThrown(error: unknown): Outcome {
  if (error instanceof UnfitPushError) return refusedPush(error.message)
  return error instanceof NoAccessToken ? error.outcome : outcomeOfError(error)
}

/**
 * What providers have in common that speak JSON over HTTP: a push that cannot be theirs is never sent, and whatever is
 * thrown is an outcome, in which nobody reads the token.
 */
export abstract class JsonProvider implements Provider {
  abstract readonly name: ProviderName
  abstract readonly app: string | undefined
  abstract readonly clears: boolean
  /** What a token looks like; absent: what it is for says so. */
  protected readonly tokenForm: RegExp | undefined
  /** ms since 1970 */
  protected readonly now: () => number
  #closed = false

  protected constructor(now: () => number) {
    this.now = now
  }

  async send(target: PushTarget, alert: Alert, signal: AbortSignal): Promise<Outcome> {
    if (this.#closed) return notSent('the gateway is shutting down')
    if (signal.aborted) return notSent('it was stopped before it was sent')
    const foreign = foreignTarget(target, this.app, this.tokenForm)
    if (foreign !== undefined) return refusedPush(foreign)
    try {
      return withoutToken(await this.push(target, alert, signal), target)
    } catch (error) {
      return outcomeOfThrown(error)
    }
  }

  async check(signal: AbortSignal): Promise<CheckResult> {
    try {
      return await this.ask(signal)
    } catch (error) {
      const outcome = outcomeOfThrown(error)
      return { ok: false, detail: 'why' in outcome ? outcome.why : outcome.type }
    }
  }

  close(): Promise<void> {
    this.#closed = true
    this.release()
    return Promise.resolve()
  }

  protected get closed(): boolean {
    return this.#closed
  }

  /** Sends one push. Throws NoAccessToken, UnfitPushError and CallFailure. */
  protected abstract push(target: PushTarget, alert: Alert, signal: AbortSignal): Promise<Outcome>

  /** Asks whether the credentials are good. Throws like `push`. */
  protected abstract ask(signal: AbortSignal): Promise<CheckResult>

  /** Ends what is under way beside pushes. */
  protected release(): void {
    // Most have nothing.
  }
}
