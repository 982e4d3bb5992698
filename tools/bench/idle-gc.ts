// Loaded into a gateway that runs with --expose-gc: collects garbage when it is asked to, and says what is left.
process.on('message', () => {
  globalThis.gc?.()
  globalThis.gc?.()
  process.send?.(process.memoryUsage())
})
