import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { runProgram } from './program'

process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  write: (line) => process.stdout.write(line),
  terminal: process.stdout,
  complain: (line) => process.stderr.write(line),
  readInput: async () => (process.stdin.isTTY ? undefined : text(process.stdin)),
  stopped: async () => {
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  },
})
