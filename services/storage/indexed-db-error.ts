import { StorageError, type StorageProblem } from './storage'

const problems: Readonly<Record<string, StorageProblem>> = {
  QuotaExceededError: 'full',
  VersionError: 'outdated',
  SecurityError: 'unavailable',
}

/** What storage throws for whatever IndexedDB threw. */
export function asStorageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error
  const name = error instanceof Error || error instanceof DOMException ? error.name : ''
  return new StorageError(problems[name] ?? 'failed', describe(error), { cause: error })
}

/** An error's name and message, for a log. */
export function describe(error: unknown): string {
  return error instanceof Error || error instanceof DOMException
    ? `${error.name} ${error.message}`
    : 'no reason given'
}

/** Whether an id that was added without a look was there already. */
export const isDouble = (error: unknown): boolean =>
  error instanceof StorageError && causeName(error) === 'ConstraintError'

function causeName({ cause }: StorageError): string {
  return cause instanceof Error || cause instanceof DOMException ? cause.name : ''
}
