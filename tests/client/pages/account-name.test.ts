import { expect, it } from 'vitest'
import { nameOf } from '@/pages/sign-in/account-name'

it.each([
  ['ann', 'Ann', 'Ann (ann)'],
  ['ann', 'ann', 'ann'],
  ['ann', '', 'ann'],
  ['mallory', 'you\u202e\u200b\n', 'you (mallory)'],
  ['mallory', 'x'.repeat(300), `${'x'.repeat(40)}… (mallory)`],
])('the account %s with the name %j is %s in a question', (id, name, shown) => {
  expect(nameOf({ id, name })).toBe(shown)
})
