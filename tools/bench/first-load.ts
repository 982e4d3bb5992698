// How much script a browser fetches until the first page is of use. Usage: npm run bench:first-load
import { ALL_BUDGET_BYTES, FIRST_PAGE_BUDGET_BYTES, measureFirstPages } from '../../scripts/size.mjs'
import { buildClient } from '../../scripts/uni.mjs'
import { publish, type Row } from './report'

await buildClient('h5', { ifStale: true })
const pages = await measureFirstPages()

function rowOf(name: string, budget: number, bytesOf: (page: (typeof pages)[number]) => number): Row {
  const values = Object.fromEntries(pages.map((page) => [page.page, bytesOf(page)]))
  return {
    ...{ name, unit: 'bytes, gzip', values },
    measured: { of: 'the largest', value: Math.max(...Object.values(values)) },
    target: { at: 'most', value: budget },
  }
}

await publish({
  part: 'first-load',
  title: 'First load of the H5 app',
  setting: [
    'release build in Chromium without a gateway; signed in, the page is of use when its first row from storage is drawn',
    'the service worker is left out: it fetches after the list',
  ],
  rows: [
    rowOf('script until the page is of use', FIRST_PAGE_BUDGET_BYTES, ({ script }) => script),
    rowOf(
      'script with what follows by itself',
      ALL_BUDGET_BYTES,
      (page) => page.script + page['script after'],
    ),
  ],
})
