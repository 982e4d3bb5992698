/** A page whose code does not come must not keep the app from connecting. */
const PAGE_LIMIT_MS = 3_000

let drawn: () => void = () => undefined

const firstPage = new Promise<void>((resolve) => {
  drawn = resolve
})

/** The first page is on the screen, with the list if it is the inbox. */
export function pageDrawn(): void {
  drawn()
}

/** Resolves once the first page is drawn, or after 3 s. H5 only. */
export async function whenPageDrawn(): Promise<void> {
  await Promise.race([firstPage, new Promise((resolve) => setTimeout(resolve, PAGE_LIMIT_MS))])
}

/** Resolves when the browser has what was drawn so far; in a hidden tab, which paints nothing, at once. */
export function nextPaint(): Promise<void> {
  return new Promise((resolve) => {
    // The task after a frame's callbacks: the frame is on its way to the screen.
    if (document.visibilityState === 'visible') requestAnimationFrame(() => setTimeout(resolve))
    else setTimeout(resolve)
  })
}
