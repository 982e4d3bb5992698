// What uni-app's compiler says in a build, without its notes to its maker's customers.
import { Transform } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'

/** Lines that say nothing about this build: the compiler's version, its maker's hosting, folders of other platforms. */
const NOTES = [
  /^Compiler version/,
  /^Compiling\.\.\.$/,
  /^DONE {2}Build complete\./,
  /^欢迎.*uniCloud/,
  /^已忽略静态资源目录/,
  /^\s*$/,
]

/** @param {string} line */
const isNote = (line) => NOTES.some((note) => note.test(stripVTControlCharacters(line)))

/** A stream that passes on every line of a build but the notes. Warnings and errors are none. */
export function withoutNotes() {
  const decoder = new TextDecoder()
  let rest = ''
  return new Transform({
    transform(/** @type {Buffer} */ chunk, _encoding, done) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (!isNote(line)) this.push(`${line}\n`)
      done()
    },
    flush(done) {
      if (!isNote(rest)) this.push(`${rest}\n`)
      done()
    },
  })
}
