// #ifndef H5
import { markdownBlocks } from './markdown'
// #endif
import type { Block } from './rich-text'

type ReadMarkdown = (text: string) => Block[]

/**
 * The markdown reader. On H5 the first message that needs it fetches it, not the app's start. The App's build refuses
 * `import()`, and that of mini-programs turns it into a string; there all code is on the device anyway.
 */
export async function loadMarkdown(): Promise<ReadMarkdown> {
  let read: ReadMarkdown
  // #ifndef H5
  read = await Promise.resolve(markdownBlocks)
  // #endif
  // #ifdef H5
  read = (await import('./markdown')).markdownBlocks
  // #endif
  return read
}
