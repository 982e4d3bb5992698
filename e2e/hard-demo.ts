import { startGateway, type GatewayProcess } from './gateway-process'

/** Topics that are followed in the demo of hard texts; the last is chosen in the filtered inbox. */
export const HARD_TOPIC = `a-topic-with-${'quite-'.repeat(6)}a-name`

/** The messages of hard-demo.ts whose pages are looked at, by the names of their pictures. */
export const HARD_TITLES = {
  arabic: 'انقطاع التيار الكهربائي في مركز البيانات الرئيسي منذ الساعة الثالثة صباحًا',
  hebrew: 'שרת srv-3 לא זמין (HTTP 503)',
  table: 'A title that goes on and on, beyond any line of a small phone, for a table of replicas',
  unbroken: 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
} as const

const HARD_MESSAGES: readonly { feed: string; message: Record<string, unknown> }[] = [
  {
    feed: `topic:${HARD_TOPIC}`,
    message: { title: 'In a topic with a long name', body: 'x', priority: 4 },
  },
  {
    feed: 'user:me',
    message: {
      title: HARD_TITLES.unbroken,
      body: `${'0123456789abcdef'.repeat(12)}\n\nhttps://example.com/${'a-very-long-path/'.repeat(8)}end?q=1`,
      link: `https://example.com/${'path/'.repeat(20)}`,
      tags: ['short', 'a-tag-that-is-as-long-as-tags-may-be-123'],
      actions: [
        { label: 'An action whose label is as long as it', link: 'https://example.com/1' },
        { label: 'No', link: 'https://example.com/2' },
        { label: 'إعادة تشغيل الخادم الآن', link: 'https://example.com/3' },
      ],
    },
  },
  {
    feed: 'topic:servers',
    message: {
      title: HARD_TITLES.table,
      body: `# Replicas

| replica | state | lag | since | where |
| --- | :-: | ---: | --- | --- |
| shop-replica-1 | unavailable | 12 min 10 s | Wednesday | Frankfurt |
| shop-replica-2 | synchronous | 0 s | Thursday | https://example.com/replicas/2 |

1. Look at **shop-replica-1**
   - its disk: \`/var/lib/postgresql/15/main/base/pgsql_tmp/some-long-name\`
   - [x] its network

> Quoted: the maintainer of the first replica is on holiday.
> > And quoted again.

\`\`\`
pg_basebackup --pgdata=/var/lib/postgresql/15/main --write-recovery-conf --wal-method=stream
\`\`\``,
      markdown: true,
      priority: 5,
    },
  },
  {
    feed: 'topic:servers',
    message: {
      title: HARD_TITLES.hebrew,
      body: `הפעלה מחדש של nginx נכשלה ב־14:05, ראו https://ci.example.com/4829/log_a_b לפרטים.

- צעד ראשון: systemctl restart nginx
- צעד שני: **לבדוק** את \`/var/log/nginx/error.log\`

> ציטוט קצר (quoted)

| שרת | מצב |
| --- | --- |
| srv-3 | לא זמין |
| srv-4 | זמין |

English again, from left to right.`,
      markdown: true,
      priority: 4,
      tags: ['שרתים', 'nginx'],
      actions: [{ label: 'הצג יומן', link: 'https://ci.example.com/4829/log' }],
    },
  },
  {
    feed: 'all',
    message: {
      title: HARD_TITLES.arabic,
      body: 'يرجى الاتصال بالمناوب على الرقم +49 30 1234567 أو فتح https://status.example.com/حالة، ثم تأكيد الاستلام قبل الساعة 15:30.',
      priority: 5,
      link: 'https://status.example.com/incidents/2206',
      tags: ['كهرباء', 'عاجل'],
      actions: [{ label: 'أنا في الطريق', link: 'https://status.example.com/ack' }],
    },
  },
  {
    feed: 'user:me',
    message: {
      body: 'رسالة بلا عنوان: تم نسخ قاعدة البيانات shop احتياطيًا بنجاح في 2 min 10 s ولا حاجة لأي إجراء',
    },
  },
]

/** A gateway with texts that are hard to set: from right to left, mixed, unbroken, longer than their places. */
export async function startHardDemo(): Promise<GatewayProcess> {
  const gateway = await startGateway()
  const { token } = await gateway.readToken('me')
  for (const topic of ['servers', HARD_TOPIC])
    await gateway.request('PUT', `/v1/me/feeds/topic:${topic}`, { token, body: {} })
  for (const { feed, message } of HARD_MESSAGES) {
    const { body } = await gateway.publish(feed, message)
    if (body.seq === undefined) throw new Error(`the demo was refused: ${JSON.stringify(body)}`)
  }
  return gateway
}
