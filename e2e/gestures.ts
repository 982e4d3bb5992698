import type { Locator, Page } from 'playwright-core'

const STEPS = 8

/** Swipes from the middle of an element, with a finger. The device must have touch. */
export async function swipe(page: Page, target: Locator, by: { x: number; y: number }): Promise<void> {
  const box = await target.boundingBox()
  if (box === null) throw new Error('there is nothing to swipe')
  const start = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  const input = await page.context().newCDPSession(page)
  await input.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [start] })
  for (let step = 1; step <= STEPS; step++) {
    const point = { x: start.x + (by.x * step) / STEPS, y: start.y + (by.y * step) / STEPS }
    await input.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [point] })
  }
  await input.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await input.detach()
}
