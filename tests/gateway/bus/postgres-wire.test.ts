import { describe, expect, it } from 'vitest'
import { postgresWire } from '../../../gateway/bus/postgres'
import type { Notifications } from '../../../gateway/contracts/cluster'

describe('a connection of the bus that ends before anybody has it', () => {
  it('is no connection, and whoever opened it hears so', async () => {
    const notifications: Notifications = {
      listen: (_channel, _onText, onEnd) => {
        onEnd()
        return Promise.resolve({ notify: () => Promise.resolve(), end: () => undefined })
      },
      onLost: () => undefined,
    }
    const open = postgresWire(notifications, () => undefined)
    await expect(open(() => undefined)).rejects.toThrow('as soon as it was there')
  })
})
