import { startGateway, type GatewayProcess } from './gateway-process'

/** A message of the demo, published this many minutes ago. */
interface DemoMessage {
  feed: string
  minutes: number
  read?: boolean
  message: Record<string, unknown>
}

export type DemoLanguage = 'en' | 'zh-CN'

const TOPICS = ['ci', 'servers', 'orders', 'family']
const DAY = 1440

const REPORT = {
  en: `All **14 databases** are copied and verified.

| database | size | time |
| --- | ---: | ---: |
| shop | 41.8 GB | 2 min 10 s |
| users | 3.2 GB | 14 s |
| metrics | 118 GB | 6 min 2 s |

- [x] Restored to a scratch machine
- [x] Copied off-site
- [ ] Retention: 2 copies are older than 90 days

> Next run: tonight at 03:00

\`\`\`
pg_dump: finished, 0 errors
\`\`\``,
  'zh-CN': `**14 个数据库**已全部备份并校验。

| 数据库 | 大小 | 用时 |
| --- | ---: | ---: |
| shop | 41.8 GB | 2 分 10 秒 |
| users | 3.2 GB | 14 秒 |
| metrics | 118 GB | 6 分 2 秒 |

- [x] 已恢复到测试机验证
- [x] 已同步到异地
- [ ] 有 2 份备份超过 90 天

> 下次运行：今晚 03:00

\`\`\`
pg_dump: finished, 0 errors
\`\`\``,
} as const

export const REPORT_TITLE = { en: 'Nightly backup finished', 'zh-CN': '夜间备份完成' } as const

const MESSAGES: Record<DemoLanguage, DemoMessage[]> = {
  en: [
    {
      feed: 'all',
      minutes: 2 * DAY,
      read: true,
      message: {
        title: 'Office closed on Friday',
        body: 'The heating is being replaced. Please work from home.',
      },
    },
    {
      feed: 'topic:orders',
      minutes: DAY + 300,
      read: true,
      message: { title: 'Order #10412', body: '3 × espresso beans 1 kg, paid by card, ship to Utrecht' },
    },
    {
      feed: 'topic:ci',
      minutes: DAY + 240,
      read: true,
      message: { title: 'main is green again', body: 'build 4811 passed in 6 min 12 s' },
    },
    {
      feed: 'topic:family',
      minutes: DAY + 60,
      message: { title: 'Dinner on Sunday', body: 'Grandma is coming at six. Can you bring the big pot?' },
    },
    {
      feed: 'topic:servers',
      minutes: 190,
      read: true,
      message: { title: 'srv-7 is back', body: 'rebooted after the kernel update, all checks pass' },
    },
    {
      feed: 'user:me',
      minutes: 170,
      read: true,
      message: {
        title: REPORT_TITLE.en,
        body: REPORT.en,
        markdown: true,
        tags: ['backup', 'nightly'],
        link: 'https://backup.example.com/runs/2206',
      },
    },
    {
      feed: 'topic:orders',
      minutes: 55,
      message: { title: 'Order #10431', body: '1 × hand grinder, paid by transfer, ship to Ghent' },
    },
    {
      feed: 'topic:ci',
      minutes: 32,
      message: {
        title: 'build 4829 failed',
        body: 'checkout.spec.ts: expected 3 items, got 2',
        priority: 4,
        link: 'https://ci.example.com/4829',
        actions: [{ label: 'Show log', link: 'https://ci.example.com/4829/log' }],
      },
    },
    {
      feed: 'topic:servers',
      minutes: 11,
      message: {
        title: 'Disk almost full on srv-3',
        body: '/var has 2% left, about 40 minutes at this rate',
        priority: 5,
      },
    },
    { feed: 'user:me', minutes: 4, message: { body: 'Your parcel is at the neighbours, number 12.' } },
  ],
  'zh-CN': [
    {
      feed: 'all',
      minutes: 2 * DAY,
      read: true,
      message: { title: '周五办公室停暖', body: '更换供暖管道，请居家办公。' },
    },
    {
      feed: 'topic:orders',
      minutes: DAY + 300,
      read: true,
      message: { title: '新订单 #10412', body: '意式咖啡豆 1 kg × 3，微信支付，寄往杭州' },
    },
    {
      feed: 'topic:ci',
      minutes: DAY + 240,
      read: true,
      message: { title: 'main 分支恢复正常', body: '构建 4811 通过，用时 6 分 12 秒' },
    },
    {
      feed: 'topic:family',
      minutes: DAY + 60,
      message: { title: '周日晚饭', body: '奶奶六点到，记得把大锅带过来。' },
    },
    {
      feed: 'topic:servers',
      minutes: 190,
      read: true,
      message: { title: 'srv-7 已恢复', body: '内核升级后重启，各项检查正常' },
    },
    {
      feed: 'user:me',
      minutes: 170,
      read: true,
      message: {
        title: REPORT_TITLE['zh-CN'],
        body: REPORT['zh-CN'],
        markdown: true,
        tags: ['备份', '每晚'],
        link: 'https://backup.example.com/runs/2206',
      },
    },
    {
      feed: 'topic:orders',
      minutes: 55,
      message: { title: '新订单 #10431', body: '手摇磨豆机 × 1，银行转账，寄往成都' },
    },
    {
      feed: 'topic:ci',
      minutes: 32,
      message: {
        title: '构建 4829 失败',
        body: 'checkout.spec.ts：应有 3 件商品，实际 2 件',
        priority: 4,
        link: 'https://ci.example.com/4829',
        actions: [{ label: '查看日志', link: 'https://ci.example.com/4829/log' }],
      },
    },
    {
      feed: 'topic:servers',
      minutes: 11,
      message: { title: 'srv-3 磁盘即将写满', body: '/var 仅剩 2%，按当前速度约 40 分钟后写满', priority: 5 },
    },
    { feed: 'user:me', minutes: 4, message: { body: '您的快递已放在 12 号邻居家。' } },
  ],
}

export const BANNER = {
  en: { title: 'Payment received', body: 'Order #10431 is paid. Ready to ship.', priority: 3 },
  'zh-CN': { title: '已收到付款', body: '订单 #10431 已付款，可以发货。', priority: 3 },
} as const

/** Sets a gateway's clock back, so that the demo's messages are of different days. */
const SHIFTED_CLOCK = `data:text/javascript,${encodeURIComponent(
  'const now = Date.now.bind(Date); const ms = Number(process.env.DEMO_CLOCK_MS ?? 0); Date.now = () => now() - ms',
)}`

/** A gateway with the messages of some days in it, and one user who has read some of them. */
export async function startDemo(language: DemoLanguage): Promise<GatewayProcess> {
  const env: Record<string, string> = { NODE_OPTIONS: `--import=${SHIFTED_CLOCK}` }
  const messages = MESSAGES[language]
  const times = [...new Set(messages.map(({ minutes }) => minutes))]
  env.DEMO_CLOCK_MS = String((times[0] ?? 0) * 60_000 + 60_000)
  const gateway = await startGateway(env)
  const { token } = await gateway.readToken('me')
  for (const topic of TOPICS) await gateway.request('PUT', `/v1/me/feeds/topic:${topic}`, { token, body: {} })
  for (const minutes of times) {
    await gateway.stop()
    env.DEMO_CLOCK_MS = String(minutes * 60_000)
    await gateway.start()
    for (const { feed, message, read } of messages.filter((one) => one.minutes === minutes)) {
      const { body } = await gateway.publish(feed, message)
      if (body.seq === undefined) throw new Error(`the demo was refused: ${JSON.stringify(body)}`)
      if (read !== true) continue
      const page = await gateway.request('GET', `/v1/feeds/${feed}/messages?limit=1`, { token })
      await gateway.request('POST', '/v1/me/read', {
        token,
        body: { feed, epoch: page.body.epoch, ranges: [[body.seq, body.seq]] },
      })
    }
  }
  await gateway.stop()
  env.DEMO_CLOCK_MS = '0'
  await gateway.start()
  return gateway
}
