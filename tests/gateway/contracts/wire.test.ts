import { MemoryWire } from './memory/wire'
import { wireSuite } from './wire-suite'

wireSuite('in memory', () => {
  const wire = new MemoryWire()
  return Promise.resolve({
    open: wire.open,
    cut: () => {
      wire.isCut = true
    },
    heal: () => {
      wire.isCut = false
    },
  })
})
