import { describe, it } from 'vitest'
import { AttackedGateway } from './attacked-gateway'
import { attacks } from './attacks'

/** What may come yet has its time, of up to 30 s; that it ends under a stranger who stays is in `connections.test.ts`. */
const WAITED_FOR = new Set([
  'connections that say nothing',
  'headers that do not end',
  'bodies that do not come',
])

describe('a stranger without a token', () => {
  it.each(Object.entries(attacks))(
    'takes no memory, no answer, no descriptor and no clean exit away by %s',
    { timeout: 90_000 },
    async (name, attack) => {
      const gateway = await AttackedGateway.start()
      await gateway.withstands(() => attack(gateway))
      if (WAITED_FOR.has(name)) gateway.leave()
      await gateway.givesBack()
      await gateway.stopsDuring(() => attack(gateway))
    },
  )
})
