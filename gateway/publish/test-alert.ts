import type { PublishBody, TestBody } from '@herald/protocol'
import en from '../../locale/push/en.json'
import zhHans from '../../locale/push/zh-Hans.json'

const words = { en, 'zh-Hans': zhHans }

/** Seconds for which a test alert is kept: long enough to look at what became of it. */
const TTL = 86_400

/** A message that says only that messages arrive. */
export function testAlert({ language }: TestBody): PublishBody {
  const { 'test.title': title, 'test.body': body } = words[language]
  return { title, body, priority: 3, ttl: TTL }
}
