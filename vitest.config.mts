import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** A shared machine can stand still for seconds under a browser: there such a test gets a second try, and is named. */
const RETRIES = process.env['CI'] ? 1 : 0

/** Files at a time, where nothing is watched by a real clock: most tests wait for a socket or a disk. Of two cores Vitest would use one. */
const FILES_AT_A_TIME = Math.max(2, availableParallelism() - 1)

const alias = [
  { find: /^@dcloudio\/uni-app$/, replacement: path('./tests/client/uni-app-stub.ts') },
  { find: /^@herald\/protocol$/, replacement: path('./protocol/index.ts') },
  { find: /^@\//, replacement: path('./') },
]

/** The App on its emulator, and what waits for minutes. */
const PHONES = ['e2e/phone*.e2e.ts', 'e2e/short-tokens.e2e.ts']

export default defineConfig({
  test: {
    reporters: ['default', ['json', { outputFile: path('./dist/test-results.json') }]],
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          maxWorkers: FILES_AT_A_TIME,
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/gateway/**', 'tests/xmpp/**'],
          // Nothing here waits for a real clock: a limit in seconds would only say how busy the machine is. It ends what hangs.
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'gateway',
          maxWorkers: FILES_AT_A_TIME,
          include: ['tests/gateway/**/*.test.ts'],
          exclude: ['tests/gateway/postgres/**', 'tests/gateway/nats/**'],
          globalSetup: ['tests/gateway/build-gateway.ts'],
          testTimeout: 40_000,
          hookTimeout: 40_000,
          // Sockets and disks of a busy machine take their time; a condition that never comes fails all the same.
          expect: { poll: { timeout: 20_000 } },
          sequence: { groupOrder: 1 },
        },
      },
      {
        // The same tests on a second implementation of every contract. Those that look into SQLite say nothing of it.
        resolve: { alias },
        test: {
          name: 'gateway-memory',
          maxWorkers: FILES_AT_A_TIME,
          include: [
            'tests/gateway/escalation/{claims,durability,edges,escalation,nudges,outcomes,repeats,standing}.test.ts',
            'tests/gateway/ws/{busy,endpoint,presence,spine,two-gateways,user-ends}.test.ts',
            'tests/gateway/http/*.test.ts',
          ],
          env: { HERALD_TEST_STORE: 'memory' },
          testTimeout: 40_000,
          hookTimeout: 40_000,
          expect: { poll: { timeout: 20_000 } },
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'postgres',
          maxWorkers: FILES_AT_A_TIME,
          include: [
            'tests/gateway/postgres/**/*.test.ts',
            'tests/gateway/nats/**/*.test.ts',
            'tests/gateway/escalation/{claims,durability,edges,escalation,nudges,outcomes,standing}.test.ts',
            'tests/gateway/ws/{busy,endpoint,presence,two-gateways,user-ends}.test.ts',
          ],
          env: { HERALD_TEST_STORE: 'postgres' },
          globalSetup: ['tests/gateway/postgres/run-server.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 20_000 } },
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Real chat servers, with clients that others wrote.
        resolve: { alias },
        test: {
          name: 'xmpp',
          include: ['tests/xmpp/**/*.test.ts'],
          globalSetup: ['tests/gateway/build-gateway.ts', 'tests/xmpp/run-servers.ts'],
          testTimeout: 90_000,
          hookTimeout: 90_000,
          expect: { poll: { timeout: 30_000 } },
          // Each server has one name for components: two gateways at a time would take each other's word.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'e2e',
          include: ['e2e/**/*.e2e.ts'],
          exclude: ['e2e/other-browsers/**', 'e2e/hosts/**', ...PHONES],
          globalSetup: ['e2e/build-all.ts'],
          testTimeout: 90_000,
          hookTimeout: 90_000,
          // One browser at a time, and alone: the deadlines that it watches are real ones.
          fileParallelism: false,
          retry: RETRIES,
          sequence: { groupOrder: 3 },
        },
      },
      {
        // Phones and their pushes: most of the time a deadline is waited for.
        resolve: { alias },
        test: {
          name: 'phones',
          include: PHONES,
          globalSetup: ['e2e/build-all.ts'],
          testTimeout: 90_000,
          hookTimeout: 90_000,
          maxWorkers: 2,
          retry: RETRIES,
          sequence: { groupOrder: 4 },
        },
      },
      {
        // The same H5 app in Firefox and in WebKit.
        resolve: { alias },
        test: {
          name: 'browsers',
          include: ['e2e/other-browsers/*.e2e.ts'],
          globalSetup: ['e2e/other-browsers/build-h5.ts'],
          testTimeout: 90_000,
          hookTimeout: 90_000,
          fileParallelism: false,
          retry: RETRIES,
          sequence: { groupOrder: 6 },
        },
      },
      {
        // Other people's apps, with the packed client in them. Everything is waited for by a condition, so two files at a time.
        resolve: { alias },
        test: {
          name: 'hosts',
          include: ['e2e/hosts/*.e2e.ts'],
          globalSetup: ['e2e/hosts/build-hosts.ts'],
          testTimeout: 90_000,
          hookTimeout: 90_000,
          maxWorkers: 2,
          retry: RETRIES,
          sequence: { groupOrder: 7 },
        },
      },
      {
        test: {
          name: 'emulator',
          include: ['tools/emulator/tests/**/*.test.ts'],
          globalSetup: ['tools/emulator/tests/build-fixture.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // One phone at a time: each is a Chromium and an app.
          fileParallelism: false,
          retry: RETRIES,
          sequence: { groupOrder: 5 },
        },
      },
    ],
  },
})
