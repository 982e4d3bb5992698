import { describe, expect, test } from 'vitest'
import { faultOf } from '../../scripts/layers.mjs'

const TYPE = true
const VALUE = false

describe('the layers', () => {
  test.each([
    ['components/row/row.vue', '@/store', VALUE],
    ['components/row/row.vue', '../../store/session', VALUE],
    ['components/row/row.vue', '@/services/socket', VALUE],
    ['components/row/row.vue', '@/services/socket', TYPE],
    ['components/row/row.vue', '@herald/protocol', VALUE],
    ['components/row/row.vue', 'vuex', VALUE],
    ['pages/inbox/inbox.vue', '@/services/socket', VALUE],
    ['pages/inbox/inbox.vue', '../../services/socket', VALUE],
    ['services/socket/socket.ts', '@/store', VALUE],
    ['services/socket/socket.ts', '@/store', TYPE],
    ['services/socket/socket.ts', '../../pages/inbox/inbox.vue', VALUE],
    ['services/socket/socket.ts', '../../components/row/row.vue', VALUE],
    ['services/socket/socket.ts', 'node:fs', VALUE],
    ['store/session.ts', '@/pages/inbox/inbox.vue', VALUE],
    ['store/session.ts', '../components/row/row.vue', VALUE],
    ['store/session.ts', '../gateway/process/config', VALUE],
    ['store/session.ts', '@herald/gateway', TYPE],
    ['main.ts', './gateway/main', VALUE],
    ['App.vue', '@/gateway/main', VALUE],
    ['protocol/frames.ts', 'vue', VALUE],
    ['protocol/frames.ts', 'node:crypto', VALUE],
    ['protocol/frames.ts', 'crypto', VALUE],
    ['protocol/frames.ts', '../services/socket', TYPE],
    ['gateway/contracts/feed-log.ts', '../http/server', VALUE],
    ['gateway/contracts/feed-log.ts', '../ws/hub', TYPE],
    ['gateway/contracts/directory.ts', '../http/server', VALUE],
    ['gateway/contracts/directory.ts', '../ws/hub', VALUE],
    ['gateway/http/server.ts', '../ws/hub', VALUE],
    ['gateway/ws/hub.ts', '../http/server.ts', VALUE],
    ['gateway/ws/hub.ts', '../../services/socket', VALUE],
    ['gateway/http/server.ts', '@/store', VALUE],
    ['gateway/process/config.ts', '../http/server.ts', VALUE],
    ['gateway/process/config.ts', 'vue', VALUE],
    ['gateway/cli/push-words.ts', '../../locale/push', VALUE],
    ['gateway/providers/registry.ts', '../fakes/fakes', VALUE],
    ['gateway/main.ts', './fakes/fakes', VALUE],
    ['gateway/http/server.ts', '../../locale/push/en.json', VALUE],
  ])('refuses %s importing %s (only types: %s)', (file, source, typeOnly) => {
    expect(faultOf(file, source, typeOnly)).toBeTypeOf('string')
  })

  test.each([
    ['components/row/row.vue', '../badge/badge.vue', VALUE],
    ['components/row/row.vue', '@/locale', VALUE],
    ['components/row/row.vue', '@herald/protocol', TYPE],
    ['components/row/row.vue', 'vue', VALUE],
    ['pages/inbox/inbox.vue', '@/store/notifications', VALUE],
    ['pages/inbox/inbox.vue', '@/services/presentation', TYPE],
    ['store/session.ts', '@/services/socket', VALUE],
    ['store/session.ts', '@herald/protocol', VALUE],
    ['services/socket/socket.ts', '@herald/protocol', VALUE],
    ['protocol/frames.ts', 'valibot', VALUE],
    ['protocol/frames.ts', './feed.ts', VALUE],
    ['main.ts', '@/services/connection', VALUE],
    ['gateway/http/server.ts', './publish.ts', VALUE],
    ['gateway/http/server.ts', '../contracts/feed-log.ts', VALUE],
    ['gateway/main.ts', './http/server.ts', VALUE],
    ['gateway/main.ts', './ws/hub.ts', VALUE],
    ['gateway/ws/hub.ts', 'ws', VALUE],
    ['gateway/cli/push-words.ts', '../../locale/push/en.json', VALUE],
    ['gateway/cli/push-words.ts', '../../locale/words', VALUE],
    ['gateway/cli/commands/fake.ts', '../../fakes/fakes', VALUE],
    ['gateway/fakes/fakes.ts', './play/apns', VALUE],
    ['tests/client/store.test.ts', '../../gateway/main.ts', VALUE],
  ])('lets %s import %s (only types: %s)', (file, source, typeOnly) => {
    expect(faultOf(file, source, typeOnly)).toBeUndefined()
  })
})
