// Draws the documents' Mermaid diagrams while the site is built: pages need no script for them, and GitHub draws the same text itself.
import { renderMermaidSVG } from 'beautiful-mermaid'
import { createHash } from 'node:crypto'

/**
 * A diagram as SVG that stands in a page. Its colours are variables of the theme's style sheet, so that it is dark where the page is. The
 * library's own style sheet would fetch a font from a stranger, and Vue takes none out of a page.
 * @param {string} code @returns {string}
 */
export function drawDiagram(code) {
  const id = createHash('sha256').update(code).digest('hex').slice(0, 8)
  return renderMermaidSVG(code.trim(), { padding: 8, transparent: true })
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/ style="--bg:[^"]*"/, '')
    .replaceAll(/(?<=id="|url\(#)arrowhead/g, `arrowhead-${id}`)
}

/** Has blocks of Mermaid drawn, in place of their code. @param {import('vitepress').MarkdownRenderer} markdown */
export function drawDiagrams(markdown) {
  const { fence } = markdown.renderer.rules
  if (fence === undefined) throw new Error('this Markdown has no blocks of code')
  markdown.renderer.rules.fence = (tokens, at, ...rest) => {
    const token = tokens[at]
    if (token?.info.trim() !== 'mermaid') return fence(tokens, at, ...rest)
    // Wider than a phone, it is moved inside its frame, by keys too.
    return `<div class="diagram" tabindex="0" v-pre>${drawDiagram(token.content)}</div>\n`
  }
}
