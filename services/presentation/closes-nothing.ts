/** Where nothing can be taken away again: what was shown stays until somebody taps it, and often nothing was. */
export abstract class ClosesNothing {
  close(): Promise<void> {
    return Promise.resolve()
  }

  closeSummary(): Promise<void> {
    return Promise.resolve()
  }

  closeAll(): Promise<void> {
    return Promise.resolve()
  }
}
