import { PostgresServer } from '@herald/engines/postgres'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { postgresWire } from '../../../gateway/bus/postgres'
import { notificationsOn } from '../../../gateway/stores/postgres/notifications'
import { Primary } from '../../../gateway/stores/postgres/primary'
import { wireSuite } from '../contracts/wire-suite'

let server: PostgresServer

beforeAll(async () => {
  server = await PostgresServer.start({ settings: { fsync: 'off' } })
})

afterAll(() => server.dispose())

wireSuite('by NOTIFY', () =>
  Promise.resolve({
    open: (onText) => {
      // Each gateway has connections of its own. What the server says when it is killed is no fault of the test.
      const primary = new Primary({ targets: [server.uri()], connections: 2, onFault: () => undefined })
      onTestFinished(() => primary.close())
      return postgresWire(notificationsOn(primary), () => undefined)(onText)
    },
    cut: () => server.kill(),
    heal: () => server.run(),
  }),
)
