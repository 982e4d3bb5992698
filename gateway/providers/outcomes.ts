import { CallFailure } from './service-call'
import type { Outcome, PushTarget } from './provider'

/** An outcome that says why. */
export type Explained = Outcome & { readonly why: string }

/** Nobody knows whether the service took it: the same push comes again. */
export const unknownOutcome = (why: string): Explained => ({
  type: 'retry',
  why,
  unknown: true,
  provider: true,
})

/** The service said that it did not take it, and why that will pass. */
export const retryLater = (why: string, afterMs?: number): Explained => ({
  type: 'retry',
  why,
  ...(afterMs === undefined ? {} : { afterMs }),
  unknown: false,
  provider: true,
})

/** This push or its token is at fault. */
export const refusedPush = (why: string): Explained => ({ type: 'refused', why, blame: 'push' })

/** A person has to act before anything is taken. */
export const refusedCredentials = (why: string): Explained => ({ type: 'refused', why, blame: 'credentials' })

/** Nothing was sent, and that is nobody's fault. */
export const notSent = (why: string): Explained => ({ type: 'retry', why, unknown: false, provider: false })

/** What a service said, without the token that some repeat: reasons are kept and shown. */
export function withoutToken(outcome: Outcome, { token }: PushTarget): Outcome {
  return 'why' in outcome ? { ...outcome, why: outcome.why.replaceAll(token, '…') } : outcome
}

/** What a thrown error says about a push. */
export function outcomeOfError(error: unknown): Explained {
  if (error instanceof CallFailure) return unknownOutcome(error.message)
  return unknownOutcome(`fault in the gateway: ${error instanceof Error ? error.message : 'unknown'}`)
}

/** Why a registration cannot be this provider's; undefined when it can. */
export function foreignTarget(
  target: PushTarget,
  app: string | undefined,
  form: RegExp | undefined,
): string | undefined {
  if (app !== undefined && target.app !== app)
    return `the registration is for the app ${target.app}, not ${app}`
  return form?.test(target.token) !== false
    ? undefined
    : 'the token is not of the form that this service gives out'
}
