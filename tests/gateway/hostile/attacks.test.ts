import { describe, it } from 'vitest'
import { AttackedGateway } from './attacked-gateway'
import { attacks } from './attacks'

describe('a stranger without a token', () => {
  it.each(Object.entries(attacks))(
    'takes no memory, no answer, no descriptor and no clean exit away by %s',
    { timeout: 90_000 },
    async (_name, attack) => {
      const gateway = await AttackedGateway.start()
      await gateway.withstands(() => attack(gateway))
      gateway.leave()
      await gateway.givesBack()
      await gateway.stopsDuring(() => attack(gateway))
    },
  )
})
